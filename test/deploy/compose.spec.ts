import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { load, YAML11_SCHEMA } from 'js-yaml';
import { readClientConfig } from '../../src/config/client-config';
import { readServerConfig } from '../../src/config/server-config';
import { SCRIPT_RULE_NAMES } from '../../src/workload/script-filter/script-filter';
import { itUnless } from '../support-jobs/conditions';

const FILE = resolve(__dirname, '../../compose.yaml');
const EXAMPLE = resolve(__dirname, '../../examples/client-image/compose.yaml');
const TOKEN = 'a-secret-of-two-programs';

interface Service {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly image: string;
  readonly build?: string;
  readonly pull_policy?: string;
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
  readonly ports?: readonly string[];
}

interface Compose {
  readonly services: Record<string, Service>;
  readonly networks: Record<string, { internal?: boolean }>;
  readonly volumes: Record<string, unknown>;
}

const read = (file: string) => load(readFileSync(file, 'utf8'), { schema: YAML11_SCHEMA }) as Compose;
const compose = read(FILE);
const services = Object.entries(compose.services);
const server = compose.services.server!;
const executors = services.filter(([name]) => name !== 'server');
const noCompose =
  spawnSync('docker', ['compose', 'version']).status === 0 ? undefined : 'no docker compose on this machine';

describe('compose.yaml', () => {
  it.each(services)('gives %s as few rights as will do, and limits', (_, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      tmpfs: [expect.stringMatching(/^\/tmp:size=\d+m$/)],
      mem_limit: expect.stringMatching(/^\d+g$/) as unknown,
      cpus: expect.any(Number) as unknown,
      pids_limit: expect.any(Number) as unknown,
    });
    for (const right of ['privileged', 'cap_add', 'network_mode', 'pid', 'ipc', 'user', 'devices']) {
      expect(service).not.toHaveProperty(right);
    }
  });

  it('lets nobody but the server talk to an executor, not even another one, and gives executors no way out', () => {
    expect(server.networks).toEqual(['portals', ...executors.map(([name]) => name)]);
    for (const [name, { networks, ports }] of executors) {
      expect([networks, ports]).toEqual([[name], undefined]);
      expect(compose.networks[name]).toEqual({ internal: true });
    }
  });

  it("has one build of each image: side by side, two would get in each other's way", () => {
    expect(services.filter(([, { build }]) => build !== undefined).map(([name]) => name)).toEqual(['server']);
    for (const [, { image, pull_policy }] of executors) {
      expect([image, pull_policy]).toEqual([server.image, 'never']);
    }
  });

  it('lets this machine alone reach the server, unless told otherwise', () => {
    expect(server.ports).toEqual(['${ORCHESTRATOR_LISTEN:-127.0.0.1:5000}:5000']);
  });

  it.each(services)('gives %s a named volume of its own for its data', (_, { volumes }) => {
    const [name, path] = volumes[0]?.split(':') ?? [];
    expect(volumes.length).toBe(1);
    expect([path, Object.keys(compose.volumes)]).toEqual(['/data', expect.arrayContaining([name])]);
    expect(services.filter((each) => each[1].volumes.some((volume) => volume.startsWith(`${name}:`))).length).toBe(1);
  });

  it.each(services)('does not start %s without a token, and holds none', (_, { environment }) => {
    expect(environment.EXECUTOR_TOKEN).toMatch(/^\$\{EXECUTOR_TOKEN:\?.+\}$/);
  });

  it('tells the programs nothing that they would not understand, and the server where the executors are', () => {
    const config = readServerConfig({ ...server.environment, EXECUTOR_TOKEN: TOKEN });
    expect(config.warnings).toEqual([]);
    expect([...config.services.keys()]).toEqual(executors.map(([name]) => name));
    for (const [name, { environment, command }] of executors) {
      expect(readClientConfig({ ...environment, EXECUTOR_TOKEN: TOKEN }, SCRIPT_RULE_NAMES).warnings).toEqual([]);
      expect(command).toEqual(['client']);
      expect(server.environment[`SERVICE_${name.toUpperCase()}_UPLOAD_URL`]).toBe(`http://${name}:9000/submit`);
    }
  });

  it('has an executor in examples/client-image that has its rights and limits, and a network of its own', () => {
    const added = read(EXAMPLE);
    const { align } = added.services;
    const given = compose.services.example!;
    expect(align).toEqual({ ...given, image: 'align-executor', volumes: ['align:/data'], networks: ['align'] });
    expect([added.networks, added.volumes]).toEqual([{ align: { internal: true } }, { align: {} }]);
    const { environment, networks } = added.services.server!;
    expect(networks).toEqual(['align']);
    const config = readServerConfig({ ...environment, EXECUTOR_TOKEN: TOKEN });
    expect([config.warnings, [...config.services.keys()]]).toEqual([[], ['align']]);
    expect(environment.SERVICE_ALIGN_UPLOAD_URL).toBe('http://align:9000/submit');
  });

  itUnless(noCompose, 'is what docker compose takes, which asks for a token', () => {
    const config = (token: string) =>
      spawnSync('docker', ['compose', '--file', FILE, 'config', '--quiet'], {
        env: { PATH: process.env.PATH, EXECUTOR_TOKEN: token },
        encoding: 'utf8',
      });
    expect(config(TOKEN)).toMatchObject({ status: 0, stderr: '' });
    expect(config('').stderr).toContain('openssl rand -hex 32');
    return Promise.resolve();
  });
});
