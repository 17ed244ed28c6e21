import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Runs work that a request only sets off outside that request's context: what it logs concerns other jobs too, and must
 * not carry the request's ids. (Taken when the program is loaded, when there is no request.)
 */
export const outsideRequests: <T>(work: () => T) => T = AsyncLocalStorage.snapshot();
