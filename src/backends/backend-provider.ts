import { SetMetadata } from '@nestjs/common';

/** Metadata key of the name; a plain string, so that it is the same in whatever copy of this package sets it. */
export const BACKEND_NAME = 'job-orchestrator:backend';

/**
 * Marks a Nest provider as the backend of this name, for `SERVICE_<NAME>_BACKEND`. The provider's class implements
 * Backend, and is a singleton.
 * @param name a-z, 0-9 and `-`, starting with a letter, at most 32 characters
 */
export function BackendProvider(name: string): ClassDecorator {
  return SetMetadata(BACKEND_NAME, name);
}
