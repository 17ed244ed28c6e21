import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expectRefusal } from '../support/answers';
import { eventually } from '../support/eventually';
import { Front, type FrontOptions } from '../support/front';
import { acceptedId, Pair, serviceVariables, urlsAt, type ServiceUrls } from '../support/pair';
import { freePort } from '../support/ports';
import { Program } from '../support/program';
import { script } from '../support/script';

const PASSWORD = 'pa55w0rd-of-the-front';
const EX_CONFIG = 78;

interface Variant {
  what: string;
  front?: Omit<FrontOptions, 'targetPort'>;
  urls: (port: number) => ServiceUrls;
}

/** Each becomes a service of one server, on one client behind a proxy of its own. */
const VARIANTS: Record<string, Variant> = {
  slash: {
    what: 'trailing slashes',
    urls: (port) => ({
      upload: `http://127.0.0.1:${port}/submit/`,
      download: `http://127.0.0.1:${port}/retrieve/`,
      terminate: `http://127.0.0.1:${port}/kill//`,
    }),
  },
  prefix: {
    what: 'a path prefix',
    front: { prefix: '/sites/one' },
    urls: (port) => urlsAt(`http://127.0.0.1:${port}/sites/one`),
  },
  query: {
    what: 'a query string',
    front: { query: '?site=a&key=x%20y' },
    urls: (port) => {
      const { upload, download, terminate } = urlsAt(`http://127.0.0.1:${port}`);
      const query = '?site=a&key=x%20y';
      return { upload: upload + query, download: download + query, terminate: terminate + query };
    },
  },
  auth: {
    what: 'user:password@',
    front: { basicAuth: `portal:${PASSWORD}` },
    urls: (port) => urlsAt(`http://portal:${PASSWORD}@127.0.0.1:${port}`),
  },
  encoded: {
    what: 'a password in percent-encoding',
    front: { basicAuth: `por@tal:${PASSWORD}/:@?#ü` },
    urls: (port) => urlsAt(`http://por%40tal:${PASSWORD}%2F%3A%40%3F%23%C3%BC@127.0.0.1:${port}`),
  },
  all: {
    what: 'all of these at once',
    front: { prefix: '/p', query: '?q=1', basicAuth: `portal:${PASSWORD}` },
    urls: (port) => {
      const base = `http://portal:${PASSWORD}@127.0.0.1:${port}/p`;
      return { upload: `${base}/submit/?q=1`, download: `${base}/retrieve/?q=1`, terminate: `${base}/kill/?q=1` };
    },
  },
  wrong: {
    what: 'a password that the front refuses',
    front: { basicAuth: 'portal:another' },
    urls: (port) => urlsAt(`http://portal:${PASSWORD}@127.0.0.1:${port}`),
  },
};

describe('case 74: shapes of executor URLs', () => {
  const fronts = new Map<string, Front>();
  let client: Program;
  let pair: Pair;

  beforeAll(async () => {
    const clientPort = await freePort();
    const services: Record<string, { urls: ServiceUrls }> = {};
    for (const [name, variant] of Object.entries(VARIANTS)) {
      const front = await Front.start({ ...variant.front, targetPort: clientPort });
      fronts.set(name, front);
      services[name] = { urls: variant.urls(front.port) };
    }
    pair = await Pair.start({
      services,
      server: { LOG_LEVEL: 'trace' },
      client: { PORT: String(clientPort), LOG_LEVEL: 'trace' },
    });
    client = pair.client;
  });
  afterAll(async () => {
    await pair.stop();
    await Promise.all([...fronts.values()].map((front) => front.stop()));
  });

  const working = Object.entries(VARIANTS).filter(([name]) => name !== 'wrong');

  it.each(working.map(([name, { what }]) => [what, name]))(
    'case 74: with %s, submit, retrieve, partial results and kill work',
    async (_, service) => {
      const front = fronts.get(service)!;
      const zip = await pair.result(await pair.submit(script('echo done > out.txt'), { service }));
      expect(zip.text('out.txt')).toBe('done\n');

      const gate = join(pair.shared, `${service}-runs`);
      const id = await pair.submit(script(`echo half > out.txt; touch ${gate}; sleep 60`), { service });
      await eventually(() => existsSync(gate));
      await pair.waitFor(id, 'Running');
      expect((await pair.partial(id)).text('out.txt')).toBe('half\n');
      expect((await pair.terminate(id)).status).toBe(200);
      expect((await pair.job(id)).status).toBe('Killed');

      expect(front.seen.some((line) => line.includes('/submit'))).toBe(true);
      expect(front.seen.some((line) => line.includes('/retrieve_partial/'))).toBe(true);
      expect(front.seen.filter((line) => line.slice(line.indexOf('/')).includes('//'))).toEqual([]);
      expect(front.refused).toEqual([]);
    },
  );

  it('case 74: a refused password is told as such, and the job waits', async () => {
    const id = await pair.submit(script('true'), { service: 'wrong' });
    const message = await eventually(async () => {
      const job = await pair.job(id);
      expect(['Queued', 'Processing']).toContain(job.status);
      return job.message.includes('401') && job.message;
    });
    expect(message).not.toContain(PASSWORD);
    expect((await pair.terminate(id)).status).toBe(200);
  });

  it('case 74: the password is in no log and no answer', async () => {
    const answers = await Promise.all(
      ['/services', '/jobs/1', '/health', '/api-docs/openapi.json'].map((path) => pair.get(path)),
    );
    for (const text of [pair.server.log(), client.log(), ...answers.map((answer) => answer.text)]) {
      expect(text).not.toContain(PASSWORD);
      expect(text).not.toContain(Buffer.from(`portal:${PASSWORD}`).toString('base64'));
    }
  });
});

describe('URLs and services that cannot be', () => {
  /** Starts a server that is expected to refuse its configuration; the line of its report for each variable. */
  async function refused(env: Record<string, string>, variables: string[]): Promise<Record<string, string>> {
    const { code, log } = await Program.runToEnd('server', env);
    expect({ code, log }).toMatchObject({ code: EX_CONFIG });
    expect(log).not.toContain(PASSWORD);
    const lines = log.split('\n');
    return Object.fromEntries(
      variables.map((name) => {
        const found = lines.filter((line) => new RegExp(`\\b${name}: `).test(line));
        expect({ name, lines: found.length, log }).toEqual({ name, lines: 1, log });
        return [name, found[0]!];
      }),
    );
  }

  it('case 74: URLs that cannot work are refused at start, each by its variable, no password shown', async () => {
    const faulty = {
      SCHEME: `ftp://u:${PASSWORD}@host/submit`,
      NO_SCHEME: `u:${PASSWORD}@host:9000/submit`,
      NO_HOST: 'http:///submit',
      FRAGMENT: `http://u:${PASSWORD}@host/submit#part`,
      SPACE: `http://u:${PASSWORD}@ho st/submit`,
      PORT: `http://u:${PASSWORD}@host:99999/submit`,
      ENCODING: `http://u:${PASSWORD}%zz@host/submit`,
      SLASH: `http://u:12/${PASSWORD}@host/submit`,
      WORDS: 'client',
    };
    const env = Object.entries(faulty).flatMap(([name, upload]) =>
      Object.entries(serviceVariables({ [name]: { urls: { ...urlsAt('http://127.0.0.1:9'), upload } } }, 9)),
    );
    await refused(
      Object.fromEntries(env),
      Object.keys(faulty).map((name) => `SERVICE_${name}_UPLOAD_URL`),
    );
  });

  it('case 74: one such URL is reason enough', async () => {
    const env = { ...serviceVariables({ example: {} }, 9), SERVICE_EXAMPLE_TERMINATE_URL: `u:${PASSWORD}@host/kill` };
    await refused(env, ['SERVICE_EXAMPLE_TERMINATE_URL']);
  });

  it('case 76: a service with its upload URL only is refused at start, naming both that are missing', async () => {
    const env = { SERVICE_EXAMPLE_UPLOAD_URL: 'http://127.0.0.1:9/submit' };
    await refused(env, ['SERVICE_EXAMPLE_DOWNLOAD_URL', 'SERVICE_EXAMPLE_TERMINATE_URL']);
  });

  it('case 76: whichever URL of whichever service is missing or empty is named', async () => {
    const env = serviceVariables({ a: {}, b: {}, c: {}, whole: {} }, 9);
    delete env.SERVICE_B_DOWNLOAD_URL;
    const missing = ['SERVICE_A_UPLOAD_URL', 'SERVICE_B_DOWNLOAD_URL', 'SERVICE_C_TERMINATE_URL'];
    const onlyLimits = ['SERVICE_D_UPLOAD_URL', 'SERVICE_D_DOWNLOAD_URL', 'SERVICE_D_TERMINATE_URL'];
    const empty = { SERVICE_A_UPLOAD_URL: '', SERVICE_C_TERMINATE_URL: '  ', SERVICE_D_MAX_RUNS: '3' };
    const report = await refused({ ...env, ...empty }, [...missing, ...onlyLimits]);
    expect(JSON.stringify(report)).not.toContain('WHOLE');
  });

  it('case 75: near misses of a variable are refused, each naming the one that was meant', async () => {
    const misses = {
      SERVICE_MY_TOOL_UPLOAD_ULR: 'SERVICE_MY_TOOL_UPLOAD_URL',
      SERVICE_EXAMPLE_MAXRUNS: 'SERVICE_EXAMPLE_MAX_RUNS',
      SERVICE_EXAMPLE_RUNS_PER_USERS: 'SERVICE_EXAMPLE_RUNS_PER_USER',
    };
    const env = Object.fromEntries(Object.keys(misses).map((name) => [name, '3']));
    const report = await refused({ ...serviceVariables({ example: {} }, 9), ...env }, Object.keys(misses));
    for (const [wrong, right] of Object.entries(misses)) {
      expect(report[wrong]).toContain(right);
    }
  });
});

describe('case 75: underscores in a service name', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start({
      services: { my_tool: {}, my_tool_2: {}, upload_url: {} },
      server: { SERVICE_SOMETHING: 'a variable of somebody else' },
    });
  });
  afterAll(() => pair.stop());

  it.each(['my_tool', 'my_tool_2', 'upload_url'])('case 75: %s is a service and runs jobs', async (service) => {
    const zip = await pair.result(acceptedId(await pair.upload({ 'run.sh': script('echo 1 > out') }, { service })));
    expect(zip.text('out')).toBe('1\n');
  });

  it.each(['my', 'MY_TOOL', 'tool', 'my_tool_', '', 'something'])(
    'case 75: %j is no service, and an upload for it is refused',
    async (service) => {
      const before = pair.serverEntries();
      expectRefusal(await pair.upload({ 'run.sh': script('true') }, { service }), 400, 'Invalid service');
      expect(pair.serverEntries()).toEqual(before);
    },
  );

  it('case 75: a variable that means nothing to the program is warned of by name', () => {
    expect(pair.server.log()).toContain('SERVICE_SOMETHING');
  });
});
