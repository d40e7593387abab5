import { readdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { DaemonSet } from 'kubernetes-models/apps/v1/DaemonSet';
import type { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import type { Ingress } from 'kubernetes-models/networking.k8s.io/v1/Ingress';
import type { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { Service } from 'kubernetes-models/v1/Service';
import ts from 'typescript';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { daemonHelp, environmentTwins } from './support/daemonHelp.js';
import { shipped, shippedPath, temporaryFolder } from './support/shipped.js';

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
}

interface Model {
  validate(): void;
}

const require = createRequire(import.meta.url);
const files = ['media.yaml', 'app.yaml', 'monitoring.yaml'];

async function manifestsOf(file: string): Promise<Manifest[]> {
  const documents = parseAllDocuments(await shipped('kubernetes', file));

  return documents.map((document) => {
    expect(document.errors, file).toEqual([]);

    return document.toJS() as Manifest;
  });
}

/** The module that has the model of a kind, made of Kubernetes' own API description. */
function moduleOf({ apiVersion, kind }: Manifest): string {
  return apiVersion.startsWith('monitoring.coreos.com/')
    ? `@kubernetes-models/prometheus-operator/${apiVersion}/${kind}`
    : `kubernetes-models/${apiVersion}/${kind}`;
}

function validate(manifest: Manifest): void {
  const model = require(moduleOf(manifest)) as Record<string, new (of: Manifest) => Model>;

  new model[manifest.kind]!(manifest).validate();
}

/** What the compiler says of fields that a kind does not have, or of values that they cannot have. */
async function unknownFields(manifests: readonly Manifest[]): Promise<string[]> {
  const folder = await temporaryFolder();

  onTestFinished(folder.remove);

  const file = join(folder.path, 'manifests.ts');
  const lines = manifests.map((manifest, index) => {
    const from = require.resolve(moduleOf(manifest)).replace(/\.js$/, '');

    return (
      `import type { I${manifest.kind} as Kind${index} } from '${from}';\n` +
      `export const manifest${index}: Kind${index} = ${JSON.stringify(manifest)};\n`
    );
  });

  await writeFile(file, lines.join(''));

  const program = ts.createProgram([file], {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.Node10,
    ignoreDeprecations: '5.0',
  });

  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

describe('the Kubernetes manifests', () => {
  let all: Manifest[];

  beforeAll(async () => {
    all = (await Promise.all(files.map(manifestsOf))).flat();
  });

  const find = <T>(kind: string, name: string) =>
    all.find((each) => each.kind === kind && each.metadata.name === name) as unknown as T;

  test('are what Kubernetes takes', () => {
    expect(all.map(({ kind }) => kind)).toEqual([
      ...['Namespace', 'ConfigMap', 'DaemonSet', 'Service', 'PodDisruptionBudget'],
      ...['Deployment', 'Service', 'Ingress', 'PodDisruptionBudget'],
      'ServiceMonitor',
    ]);
    for (const manifest of all) {
      expect(() => validate(manifest), `${manifest.kind} ${manifest.metadata.name}`).not.toThrow();
    }

    const wrong = structuredClone(
      find<{ spec: { template: unknown } }>('DaemonSet', 'tureen-media'),
    );

    wrong.spec.template = { spec: { containers: [{ name: 4 }] } };
    expect(() => validate(wrong as unknown as Manifest)).toThrow('must be string');
  });

  test('have no fields that Kubernetes does not know', { timeout: 60_000 }, async () => {
    await expect(unknownFields(all)).resolves.toEqual([]);

    const wrong = structuredClone(find<DaemonSet>('DaemonSet', 'tureen-media'));

    Object.assign(wrong.spec!.template.spec!, { hostNetwrok: true });
    await expect(unknownFields([wrong as unknown as Manifest])).resolves.toEqual([
      expect.stringContaining('hostNetwrok'),
    ]);
  });

  describe('of the media nodes', () => {
    const daemonSet = () => find<DaemonSet>('DaemonSet', 'tureen-media').spec!;
    const pod = () => daemonSet().template.spec!;
    const container = () => pod().containers[0]!;
    const config = () => find<ConfigMap>('ConfigMap', 'tureen').data!;

    test('set what the daemon knows, and no more', async () => {
      const twins = await environmentTwins();
      const names = [...Object.keys(config()), ...container().env!.map(({ name }) => name)];

      expect(names.length).toBeGreaterThan(8);
      expect(new Set(names).size).toBe(names.length);
      for (const name of names) expect(twins).toContain(name);
    });

    test('agree about ports, with each other and with the daemon', async () => {
      const ports = Object.fromEntries(
        container().ports!.map((port) => [port.name!, port.containerPort]),
      );
      const help = await daemonHelp();

      expect(ports).toEqual({
        tureen: Number(config()['TUREEN_PORT']),
        health: Number(config()['TUREEN_HEALTH_PORT']),
      });
      expect(help).toMatch(new RegExp(`--port <number> .{1,60} \\(default: ${ports['tureen']},`));
      for (const port of container().ports!) expect(port.hostPort).toBe(port.containerPort);
      for (const port of find<Service>('Service', 'tureen-media').spec!.ports!) {
        expect(port.port).toBe(ports[port.targetPort as string]);
      }
    });

    test('ask different questions for life and for readiness', () => {
      const { startupProbe, livenessProbe, readinessProbe } = container();

      expect(startupProbe!.httpGet).toEqual({ path: '/livez', port: 'health' });
      expect(livenessProbe!.httpGet).toEqual({ path: '/livez', port: 'health' });
      expect(readinessProbe!.httpGet).toEqual({ path: '/readyz', port: 'health' });
    });

    test('let rooms end before a daemon ends, one node after the other', () => {
      const [, seconds] = container().lifecycle!.preStop!.exec!.command!;
      const drain = Number(config()['TUREEN_DRAIN_TIMEOUT']);

      expect(drain).toBeGreaterThan(0);
      // Closing takes 10 s at most.
      expect(pod().terminationGracePeriodSeconds).toBeGreaterThanOrEqual(
        Number(seconds) + drain + 15,
      );
      expect(daemonSet().updateStrategy).toEqual({
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
      });
    });

    test('give each daemon the name and addresses of its node', () => {
      const fields = Object.fromEntries(
        container().env!.map(({ name, valueFrom }) => [name, valueFrom?.fieldRef?.fieldPath]),
      );

      expect(fields).toEqual({
        TUREEN_HOST_ID: 'spec.nodeName',
        TUREEN_PIPE_ADDRESS: 'status.hostIP',
        TUREEN_ANNOUNCED_ADDRESS: 'status.hostIP',
        TUREEN_HEALTH_HOST: 'status.podIP',
      });
      expect(pod()).toMatchObject({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' });
    });

    test('give it no more than it needs', async () => {
      const [user] = /^USER (\d+):\d+$/m.exec(await shipped('docker', 'Dockerfile'))!.slice(1);

      expect(pod().securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: Number(user) });
      expect(container().securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(pod().automountServiceAccountToken).toBe(false);
    });

    test('mount the token where the daemon looks for it', () => {
      const [mount] = container().volumeMounts!;
      const [volume] = pod().volumes!;

      expect(mount!.name).toBe(volume!.name);
      expect(config()['TUREEN_TOKEN_FILE']).toBe(`${mount!.mountPath}/token`);
      // In decimal: what 0440 is depends on the version of YAML.
      expect(volume!.secret).toMatchObject({ secretName: 'tureen-token', defaultMode: 0o440 });
    });

    test('are chosen by the labels that they have', () => {
      const { labels } = daemonSet().template.metadata!;

      expect(daemonSet().selector.matchLabels).toEqual(labels);
      expect(find<Service>('Service', 'tureen-media').spec).toMatchObject({
        clusterIP: 'None',
        selector: labels,
      });
      // The job that the alerts look for.
      expect(find<Manifest>('Service', 'tureen-media').metadata.labels).toEqual({
        'app.kubernetes.io/name': 'tureen',
      });
    });
  });

  test('the application finds the nodes by the name of their service', () => {
    const { spec } = find<Deployment>('Deployment', 'conference');
    const hosts = spec!.template.spec!.containers[0]!.env!.find(
      ({ name }) => name === 'MEDIA_HOSTS',
    );
    const { metadata, spec: service } = find<Service>('Service', 'tureen-media');
    const [port] = service!.ports!;

    expect(hosts!.value).toBe(
      `dns://${metadata!.name}.${metadata!.namespace}.svc.cluster.local:${port!.port}`,
    );
  });

  test('the Ingress goes by the room in the address of a socket', async () => {
    const { annotations } = find<Ingress>('Ingress', 'conference').metadata!;

    expect(annotations).toMatchObject({
      'nginx.ingress.kubernetes.io/upstream-hash-by': '$arg_room',
    });
    // As nginx itself does.
    expect(await shipped('nginx', 'conference.conf')).toContain('$arg_room');
  });

  test('every file is looked at', async () => {
    expect((await readdir(shippedPath('kubernetes'))).sort()).toEqual([...files].sort());
  });
});
