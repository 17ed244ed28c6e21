import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { readClientConfig } from './client-config';
import { readServerConfig } from './server-config';
import type { Mode } from './variable-kinds';
import { ALL_VARIABLES } from './variables';

const SERVICE = 'EXAMPLE';
const EXAMPLE_URLS: Record<string, string> = {
  UPLOAD_URL: 'http://localhost:9000/submit',
  DOWNLOAD_URL: 'http://localhost:9000/retrieve',
  TERMINATE_URL: 'http://localhost:9000/kill',
};

const example = readFileSync(join(__dirname, '../../.env.example'), 'utf8');

function assignments(): { commented: boolean; text: string }[] {
  return [...example.matchAll(/^(# ?)?([A-Z][A-Z0-9_]*=\S*)$/gm)].map((match) => ({
    commented: match[1] !== undefined,
    text: match[2]!,
  }));
}

/** The example with the defaults of one mode switched on. */
function switchedOn(mode: Mode): Record<string, string | undefined> {
  const other = ALL_VARIABLES.find((variable) => variable.name === 'PORT' && variable.mode !== mode)!;
  const lines = assignments().map(({ text }) => text);
  return parseEnv(lines.filter((line) => line !== `PORT=${other.default ?? ''}`).join('\n'));
}

describe('.env.example', () => {
  it('lists exactly the variables of the table, once each, with their defaults', () => {
    const expected = ALL_VARIABLES.map((variable) => {
      const name = variable.name.replace('<NAME>', SERVICE);
      const value = variable.kind === 'url' ? EXAMPLE_URLS[name.replace(`SERVICE_${SERVICE}_`, '')] : variable.default;
      return `${name}=${value ?? ''}`;
    });
    expect(
      assignments()
        .map(({ text }) => text)
        .sort(),
    ).toEqual(expected.sort());
  });

  it('comments out what equals the default and nothing else', () => {
    for (const { commented, text } of assignments()) {
      expect([text, commented]).toEqual([text, !text.includes('_URL=')]);
    }
  });

  it('says of the longest termination grace what the table says', () => {
    const grace = ALL_VARIABLES.find((variable) => variable.name === 'KILL_GRACE');
    expect(example).toContain(`at most ${grace?.kind === 'integer' ? grace.max : NaN}`);
  });

  it('configures both modes as it stands, with one service and every default', () => {
    const server = readServerConfig(parseEnv(example));
    expect(server.warnings).toEqual([]);
    expect([...server.services.keys()]).toEqual(['example']);
    expect(readClientConfig(parseEnv(example), [])).toEqual(readClientConfig({}, []));
  });

  it('configures the same with every default switched on', () => {
    expect(readServerConfig(switchedOn('server'))).toEqual(readServerConfig(parseEnv(example)));
    expect(readClientConfig(switchedOn('client'), [])).toEqual(readClientConfig({}, []));
  });
});

describe('the table of variables', () => {
  it('has one row for each name and mode', () => {
    const keys = ALL_VARIABLES.flatMap(({ name, mode }) =>
      (mode === 'both' ? ['server', 'client'] : [mode]).map((each) => `${name} ${each}`),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('explains every variable in whole sentences', () => {
    for (const { name, meaning } of ALL_VARIABLES) {
      expect([name, meaning]).toEqual([name, expect.stringMatching(/^[A-Z].*\.$/)]);
    }
  });
});
