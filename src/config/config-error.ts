import { OrchestratorError } from '../common/errors';

/** The configuration cannot be used. Whoever starts the program prints `message` and exits; nothing has been opened yet. */
export class ConfigError extends OrchestratorError {
  readonly code = 'config-invalid';
  readonly retryable = false;
  /** One line a fault, each naming its variable; never the value of a secret. */
  readonly faults: readonly string[];

  constructor(faults: readonly string[], options?: ErrorOptions) {
    const [only] = faults;
    super(
      faults.length === 1 && only !== undefined
        ? `configuration fault: ${only}`
        : `${faults.length} configuration faults:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
      options,
    );
    this.faults = Object.freeze([...faults]);
  }
}
