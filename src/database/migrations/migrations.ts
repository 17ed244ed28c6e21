import { CreateJobsAndPayloads1764000000000 } from './1764000000000-create-jobs-and-payloads';
import { AddJobWishes1764600000000 } from './1764600000000-add-job-wishes';

/** In order. A migration that has shipped is never changed: a mistake is mended by the next one. */
export const MIGRATIONS = [CreateJobsAndPayloads1764000000000, AddJobWishes1764600000000];
