import { slurmSetUp } from '../support-backends/set-ups';
import { describeSlurm } from '../support-slurm/cluster';
import { backendConformance } from './conformance';

describeSlurm('on a real SLURM cluster', () => {
  backendConformance('slurm, by its commands,', slurmSetUp('cli'));
  backendConformance('slurm, by slurmrestd,', slurmSetUp('rest'));
});
