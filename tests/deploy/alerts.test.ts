import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { ObservedClient, makeRoom } from '../faults/support/clients.js';
import { ObservedDaemon } from '../faults/support/ObservedDaemon.js';
import { run } from '../packaging/run.js';
import { healthOf } from '../security/support/attempts.js';
import { shipped, shippedPath, temporaryFolder } from './support/shipped.js';
import { findTool } from './support/tools.js';

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string };
}

interface RuleTests {
  tests: {
    input_series: { series: string }[];
    alert_rule_test?: { alertname: string; exp_alerts: unknown[] }[];
  }[];
}

const rulesFile = shippedPath('prometheus', 'alerts.yml');
const testsFile = join(import.meta.dirname, 'alerts.yml');

async function rules(): Promise<Rule[]> {
  const { groups } = parse(await shipped('prometheus', 'alerts.yml')) as {
    groups: { rules: Rule[] }[];
  };

  return groups.flatMap((group) => group.rules);
}

async function ruleTests(): Promise<RuleTests> {
  return parse(await readFile(testsFile, 'utf8')) as RuleTests;
}

/** The metrics that an expression reads: each has the job as its first label. */
function metricsIn(expression: string): string[] {
  return [...expression.matchAll(/([a-z_0-9:]+)\{job="tureen"/g)].map(([, name]) => name!);
}

describe('the alert rules', () => {
  test('read metrics that a daemon really has, and nothing else', async () => {
    const plain = await ObservedDaemon.start(['--health-port', '0']);
    const vertical = await ObservedDaemon.start(['--health-port', '0', '--vertical']);
    const { mediasoup } = await ObservedClient.connect(plain.url);

    await makeRoom(mediasoup);

    const texts = await Promise.all(
      [plain, vertical].map(async (daemon) => (await fetch(`${healthOf(daemon)}/metrics`)).text()),
    );
    // Prometheus makes this one itself, of whether it got an answer.
    const known = new Set(['up']);

    for (const [, name, type] of texts.join('\n').matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
      known.add(name!);
      if (type === 'histogram') known.add(`${name}_bucket`);
    }
    for (const { alert, expr } of await rules()) {
      const used = metricsIn(expr);
      const selectors = expr.match(/\{/g) ?? [];

      expect(used.length, `${alert}: a selector without the job`).toBe(selectors.length);
      for (const name of used) expect(known, alert).toContain(name);
    }
    // A label that an alert chooses by.
    expect(texts[0]).toMatch(/^tureen_calls_total\{.*outcome="done"\}/m);
    expect(texts[0]).toMatch(/^tureen_call_seconds_bucket\{.*method="createWorker"\}/m);
  });

  test('each has a severity and words, and a test in which it fires', async () => {
    const { tests } = await ruleTests();
    const firing = new Set(
      tests
        .flatMap((each) => each.alert_rule_test ?? [])
        .filter(({ exp_alerts }) => exp_alerts.length > 0)
        .map(({ alertname }) => alertname),
    );
    const quiet = new Set(
      tests[0]!.input_series.map(({ series }) => series.slice(0, series.indexOf('{'))),
    );

    for (const { alert, expr, labels, annotations } of await rules()) {
      expect(['warning', 'critical'], alert).toContain(labels.severity);
      expect(annotations.summary, alert).toMatch(/[^.]$/);
      expect(firing).toContain(alert);
      // Where all is well it has something to look at.
      for (const name of metricsIn(expr)) expect(quiet, alert).toContain(name);
    }
  });

  const promtool = findTool('promtool');
  const why = 'missing' in promtool ? ` (${promtool.missing})` : '';

  describe.skipIf('missing' in promtool)(`by promtool${why}`, () => {
    const path = 'path' in promtool ? promtool.path : '';

    /** What promtool says of the rules, changed by the function given. */
    async function testRules(change: (text: string) => string) {
      const folder = await temporaryFolder();

      onTestFinished(folder.remove);

      const file = join(folder.path, 'rules.yml');
      const tests = join(folder.path, 'tests.yml');

      await writeFile(file, change(await shipped('prometheus', 'alerts.yml')));
      await writeFile(tests, (await readFile(testsFile, 'utf8')).replace('[RULES]', `[${file}]`));

      return run(path, ['test', 'rules', tests]);
    }

    test('are rules', async () => {
      const checked = await run(path, ['check', 'rules', rulesFile]);

      expect(checked, checked.stderr).toMatchObject({ code: 0 });
    });

    test('fire when they should, and not while all is well', async () => {
      const tested = await testRules((text) => text);

      expect(tested.code, tested.stdout + tested.stderr).toBe(0);
    });

    test.each([
      ['one that fires too easily', '> 0.25', '> 0.05'],
      [
        'one that never fires',
        'tureen_draining{job="tureen"} == 1',
        'tureen_draining{job="tureen"} == 2',
      ],
      ['one that waits too long', 'for: 50m', 'for: 2h'],
    ])('%s would be noticed', async (_what, from, to) => {
      const tested = await testRules((text) => text.replaceAll(from, to));

      expect(tested.code).toBe(1);
    });
  });
});
