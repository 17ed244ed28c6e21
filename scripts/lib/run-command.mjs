import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * Runs a command to its end and returns `{ code, output }`; a command that died by a signal has 128 + its number.
 * @param options.isShown pass its output on as it comes, in place of collecting it
 * @param options.signal  ends the command when aborted
 * @throws Error when the command cannot be started at all
 */
export function runCommand(command, args, { cwd, env = process.env, isShown = false, signal } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = isShown ? 'inherit' : ['ignore', 'pipe', 'pipe'];
    const child = spawn(command, args, { cwd, env, stdio });
    const chunks = [];
    child.stdout?.on('data', (chunk) => chunks.push(chunk));
    child.stderr?.on('data', (chunk) => chunks.push(chunk));
    const onAbort = () => child.kill('SIGTERM');
    signal?.addEventListener('abort', onAbort, { once: true });
    child.on('error', (error) => reject(new Error(`${command} cannot be started: ${error.message}`)));
    child.on('close', (code, killedBy) => {
      signal?.removeEventListener('abort', onAbort);
      resolve({
        code: code ?? 128 + (constants.signals[killedBy] ?? 0),
        output: Buffer.concat(chunks).toString(),
      });
    });
  });
}
