/** The line that scripts written for the Rust program carry, and that ours neither needs nor minds. */
export const TRAP_LINE = `trap 'echo "$?" > .orchestrator.exit' EXIT`;

/** A `run.sh` as portals write it, with the given commands. */
export function script(body: string): string {
  return `#!/bin/bash\n${TRAP_LINE}\n${body}\n`;
}
