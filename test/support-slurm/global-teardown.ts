import { isSlurmRunning, stopSlurm } from './cluster';

export default function tearDown(): void {
  if (process.env.SLURM_RAN_BEFORE === 'no' && isSlurmRunning()) {
    stopSlurm();
  }
}
