import { isSlurmRunning } from './cluster';

/** Notes whether a cluster ran before the tests: one that they start themselves is stopped again after them. */
export default function setUp(): void {
  process.env.SLURM_RAN_BEFORE = isSlurmRunning() ? 'yes' : 'no';
}
