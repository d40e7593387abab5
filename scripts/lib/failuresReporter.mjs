// A reporter of vitest's: one line for each test, hook, file and stray error that failed, for the
// end of a log. https://vitest.dev/advanced/api/reporters
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { ROOT } from './workspace.mjs';

export default class FailuresReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const lines = [
      ...[...modules].flatMap(linesOf),
      ...unhandledErrors.map((error) => `unhandled: ${firstLine(error)}`),
    ];

    writeFileSync(process.env.TUREEN_FAILURES_FILE, JSON.stringify(lines));
  }
}

function linesOf(module) {
  const where = relative(ROOT, module.moduleId);
  const line = (name) => (error) => [where, name, firstLine(error)].filter(Boolean).join(': ');

  return [
    ...module.errors().map(line('')),
    ...[...module.children.allSuites()].flatMap((suite) =>
      suite.errors().map(line(`${suite.fullName} (a hook)`)),
    ),
    ...[...module.children.allTests('failed')].flatMap((test) =>
      (test.result().errors ?? []).map(line(test.fullName)),
    ),
  ];
}

function firstLine(error) {
  return String(error?.message ?? error)
    .split('\n', 1)[0]
    .slice(0, 300);
}
