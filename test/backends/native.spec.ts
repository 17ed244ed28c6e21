import { nativeSetUp, originalSetUp } from '../support-backends/set-ups';
import { backendConformance } from './conformance';

backendConformance('native, with an executor of ours,', nativeSetUp);
backendConformance('native, with an executor that speaks the original contract only,', originalSetUp);
