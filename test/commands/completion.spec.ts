import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { runCli } from '../support/cli';
import { Pair } from '../support/pair';
import { CLI } from '../support/program';

const run = promisify(execFile);

const has = (shell: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${shell}`]);
    return true;
  } catch {
    return false;
  }
};

/** Completes a command line in a real shell; the words that it offers. */
type Completer = (script: string, line: string, cwd: string, env: Record<string, string>) => Promise<string[]>;

const wordsOf = (text: string): string[] => {
  const words = text.split('\n').map((word) => word.trim());
  return [...new Set(words.filter((word) => word !== ''))].sort();
};

const inBash: Completer = async (script, line, cwd, env) => {
  const program = `source "$1"; read -ra COMP_WORDS <<<"$2"; [[ $2 == *' ' ]] && COMP_WORDS+=('')
    COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _job_orchestrator; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return wordsOf((await run('bash', ['-c', program, 'bash', script, line], { cwd, env })).stdout);
};

const inFish: Completer = async (script, line, cwd, env) => {
  const { stdout } = await run('fish', ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', script, line], {
    cwd,
    env,
  });
  return wordsOf(stdout.replaceAll(/\t.*$/gm, ''));
};

/**
 * zsh completes only at a prompt, so it is given one: an interactive zsh on a pseudo terminal, with a key that completes and
 * writes what is offered (to `compadd`) to a file.
 */
const ZSH_PROMPT = String.raw`
PS1=
autoload -Uz compinit
compinit -u -D
source script
_offers() {
  compadd() { local -a found; builtin compadd -A found "$@"; (( $#found )) && print -rl -- $found >> offers; builtin compadd "$@" }
  _main_complete
  unfunction compadd
  compstate[insert]=
  print END >> offers
}
zle -C offers complete-word _offers
bindkey '^X' offers
print READY > offers
`;
const ZSH_DRIVER = String.raw`
zmodload zsh/zpty
zpty inner zsh -f -i
zpty -w inner 'source ./prompt'
repeat 200; do [[ -s offers ]] && break; sleep 0.05; done
zpty -w -n inner "$1"$'\C-x'
repeat 200; do grep -q END offers && break; sleep 0.05; done
zpty -d inner
grep -Ev '^(READY|END)$' offers || true`;

const inZsh: Completer = async (_script, line, cwd, env) => {
  rmSync(join(cwd, 'offers'), { force: true });
  writeFileSync(join(cwd, 'prompt'), ZSH_PROMPT);
  return wordsOf((await run('zsh', ['-f', '-c', ZSH_DRIVER, 'zsh', line], { cwd, env })).stdout);
};

const SHELLS: [string, Completer][] = [
  ['bash', inBash],
  ['fish', inFish],
  ['zsh', inZsh],
];

describe('shell completion', () => {
  it('of a shell that it does not know says which it does', async () => {
    const { code, stderr } = await runCli(['completion', 'tcsh']);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('bash, zsh, fish') as string });
  });

  for (const [shell, complete] of SHELLS) {
    const isThere = has(shell);
    (isThere ? describe : describe.skip)(`${shell}${isThere ? '' : ' (skipped: it is not installed)'}`, () => {
      let directory: string;
      let pair: Pair;
      let env: Record<string, string>;
      beforeAll(async () => {
        pair = await Pair.start({ services: { words: {}, letters: {} }, withClient: false });
        directory = mkdtempSync(join(tmpdir(), 'orchestrator-completion-'));
        const command = join(directory, 'job-orchestrator');
        writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`);
        chmodSync(command, 0o755);
        writeFileSync(join(directory, 'input.pdb'), '');
        const path = `${directory}${delimiter}${process.env.PATH ?? ''}`;
        env = { PATH: path, HOME: directory, TERM: 'dumb', JOB_ORCHESTRATOR_URL: pair.server.url };
        const { code, stdout } = await runCli(['completion', shell]);
        expect(code).toBe(0);
        writeFileSync(join(directory, 'script'), stdout);
      });
      afterAll(async () => {
        await pair.stop();
        rmSync(directory, { recursive: true });
      });
      const offered = (line: string) => complete(join(directory, 'script'), line, directory, env);

      it('offers the commands', async () => {
        expect(await offered('job-orchestrator s')).toEqual(['server', 'services', 'status', 'submit']);
        expect(await offered('job-orchestrator comp')).toEqual(['completion']);
      });

      it('offers the options of the command', async () => {
        expect(await offered('job-orchestrator download --p')).toEqual(['--partial']);
        expect(await offered('job-orchestrator submit --se')).toEqual(['--server', '--service']);
      });

      it('offers files where files are meant', async () => {
        expect(await offered('job-orchestrator submit inp')).toEqual(['input.pdb']);
        expect(await offered('job-orchestrator download 7 --output inp')).toEqual(['input.pdb']);
        expect(await offered('job-orchestrator status inp')).toEqual([]);
      });

      it('asks the server for the names of services', async () => {
        expect(await offered('job-orchestrator submit --service ')).toEqual(['letters', 'words']);
      });

      it('offers the shells', async () => {
        expect(await offered('job-orchestrator completion z')).toEqual(['zsh']);
      });
    });
  }
});
