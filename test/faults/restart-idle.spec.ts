import { owning } from '../support-faults/owned';
import { idleExecutor } from '../support-faults/timed-scenarios';

const own = owning();

it('case 53: an executor that was idle still has its payloads, and takes new ones', () => idleExecutor(own, 3_000));
