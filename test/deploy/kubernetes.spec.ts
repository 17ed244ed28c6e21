import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readServerConfig } from '../../src/config/server-config';
import { itUnless, missingCommand } from '../support-jobs/conditions';
import { faultsOf, type Manifest } from '../support-deploy/kubernetes-schema';
import { allManifests, DEPLOY, parse, templateOf } from '../support-deploy/manifests';

const files = allManifests();
const everything = files.flatMap(({ manifests }) => manifests);
const of = (kind: string, among: readonly Manifest[] = everything) => among.filter((each) => each.kind === kind);
const programs = of('StatefulSet').map((manifest) => [manifest.metadata.name, templateOf(manifest).spec] as const);

/** The directory's objects as a cluster would be given them. */
function render(directory: string): Manifest[] {
  const args = HAS_KUSTOMIZE ? (['kustomize', ['build']] as const) : (['kubectl', ['kustomize']] as const);
  return parse(execFileSync(args[0], [...args[1], join(DEPLOY, directory)], { encoding: 'utf8' }));
}
const HAS_KUSTOMIZE = spawnSync('kustomize', ['version']).status === 0;
const noKustomize = HAS_KUSTOMIZE
  ? undefined
  : missingCommand('kubectl') && 'neither kustomize nor kubectl on this machine';

describe('the manifests of deploy/kubernetes', () => {
  it('are what the API of Kubernetes takes: no unknown field, no wrong type, none missing', () => {
    expect(of('StatefulSet').length).toBe(2);
    expect(faultsOf(everything)).toEqual([]);
  });

  it('would be found out: a slip in a name and a wrong type are', () => {
    const [server] = of('StatefulSet');
    const text = JSON.stringify(server);
    const broken = [
      text.replace('"readinessProbe"', '"readynessProbe"'),
      text.replace('"replicas":1', '"replicas":"1"'),
      text.replace('"name":"tmp","mountPath"', '"mountPath"'),
    ].map((each) => JSON.parse(each) as Manifest);
    expect(broken.map((each) => faultsOf([each]).join())).toEqual([
      expect.stringContaining('readynessProbe'),
      expect.stringContaining("'number'"),
      expect.stringContaining("'name' is missing"),
    ]);
  });

  it.each(programs)(
    'give %s no more rights than the profile "restricted" does, and nothing to write to but its volumes',
    (_, pod) => {
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 1000,
          fsGroup: 1000,
          seccompProfile: { type: 'RuntimeDefault' },
        },
      });
      for (const container of pod.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toEqual(['/data', '/tmp']);
        for (const limits of Object.values(container.resources)) {
          expect(Object.keys(limits)).toEqual(expect.arrayContaining(['memory', 'ephemeral-storage']));
        }
      }
    },
  );

  it.each(programs)(
    'ask %s one question before sending jobs, and another, more patiently, before a restart',
    (_, pod) => {
      for (const { startupProbe, readinessProbe, livenessProbe } of pod.containers) {
        const paths = [startupProbe, readinessProbe, livenessProbe].map(({ httpGet }) => httpGet.path);
        expect(paths).toEqual(['/health', '/ready', '/']);
        expect(livenessProbe.periodSeconds * (livenessProbe.failureThreshold ?? 3)).toBeGreaterThanOrEqual(60);
      }
    },
  );

  it.each(programs)('give %s the token out of a secret, which is in no file', (_, pod) => {
    for (const { env } of pod.containers) {
      const token = env.find(({ name }) => name === 'EXECUTOR_TOKEN');
      expect(token).toEqual({
        name: 'EXECUTOR_TOKEN',
        valueFrom: { secretKeyRef: { name: 'executor-token', key: 'EXECUTOR_TOKEN' } },
      });
    }
    expect(of('Secret')).toEqual([]);
  });

  it('let nobody but the server talk to an executor, and no job talk to anybody', () => {
    const [policy] = of('NetworkPolicy').filter(({ metadata }) => metadata.name === 'executor');
    const [server] = of('StatefulSet').filter(({ metadata }) => metadata.name === 'server');
    expect(policy?.spec).toEqual({
      podSelector: { matchLabels: templateOf(of('StatefulSet').find((each) => each !== server)!).metadata.labels },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: [{ podSelector: { matchLabels: templateOf(server!).metadata.labels } }], ports: [{ port: 'http' }] },
      ],
      egress: [],
    });
  });
});

describe('docs/deploying/kubernetes.md', () => {
  itUnless(missingCommand('kubectl'), 'has commands that copy the example, and show what the copy makes', () => {
    const clone = mkdtempSync(join(tmpdir(), 'orchestrator-kubernetes-'));
    cpSync(DEPLOY, join(clone, 'deploy/kubernetes'), { recursive: true });
    const page = readFileSync(resolve(__dirname, '../../docs/deploying/kubernetes.md'), 'utf8');
    const blocks = [...page.matchAll(/<!-- run by test\/deploy.*?```sh\n(.*?)```/gs)].map(([, block]) => block);
    expect(blocks.length).toBe(2);
    const made = execFileSync('bash', ['-ec', blocks.join('')], { cwd: clone, encoding: 'utf8' });
    rmSync(clone, { recursive: true });
    expect(of('StatefulSet', parse(made)).map(({ metadata }) => metadata.name)).toEqual(['example-executor', 'server']);
    return Promise.resolve();
  });
});

describe('deploy/kubernetes/example', () => {
  const environment = Object.fromEntries(
    readFileSync(join(DEPLOY, 'example/services.env'), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
  );

  it('tells the server nothing that it would not understand', () => {
    const config = readServerConfig({ ...environment, EXECUTOR_TOKEN: 'a-secret-of-two-programs' });
    expect(config.warnings).toEqual([]);
    expect([...config.services.keys()]).toEqual(['example']);
  });

  itUnless(noKustomize, 'renders to objects that the API takes, and that find each other', () => {
    const rendered = render('example');
    expect(faultsOf(rendered)).toEqual([]);
    expect(of('StatefulSet', rendered).map(({ metadata }) => metadata.name)).toEqual(['example-executor', 'server']);

    for (const program of of('StatefulSet', rendered)) {
      const { labels } = templateOf(program).metadata;
      const [container] = templateOf(program).spec.containers;
      expect(container?.image).toMatch(/^registry\.example\.org\/job-orchestrator:\d+\.\d+\.\d+$/);
      const service = of('Service', rendered).find(({ metadata }) => metadata.name === program.metadata.name);
      const policy = of('NetworkPolicy', rendered).find(({ metadata }) => metadata.name === program.metadata.name);
      expect(program.spec).toMatchObject({ serviceName: service?.metadata.name, selector: { matchLabels: labels } });
      expect(service?.spec).toMatchObject({ selector: labels });
      expect(policy?.spec).toMatchObject({ podSelector: { matchLabels: labels } });
    }
    // The executor lets the server in by labels that the server has: no more than those.
    const server = of('StatefulSet', rendered).find(({ metadata }) => metadata.name === 'server')!;
    const policy = of('NetworkPolicy', rendered).find(({ metadata }) => metadata.name === 'example-executor');
    expect(policy?.spec).toMatchObject({
      ingress: [{ from: [{ podSelector: { matchLabels: templateOf(server).metadata.labels } }] }],
    });
    const executor = of('Service', rendered).find(({ metadata }) => metadata.name === 'example-executor');
    const { port } = (executor?.spec as { ports: [{ port: number }] }).ports[0];
    expect(environment.SERVICE_EXAMPLE_UPLOAD_URL).toBe(`http://example-executor:${port}/submit`);
    return Promise.resolve();
  });
});
