/**
 * What SLURM's errors mean for a submission. Numbers and texts are those of slurm_errno.h and slurm_strerror, 22.05 to
 * 25.11; numbers below 1000 are Linux's own. The whole list was gone through for what a submission may meet:
 *
 * - `unclear`: the request had been sent. It may have been taken.
 * - `not-now`: certainly not taken, and the same request may be later: something is down, full or in use, or an operator
 *   has closed it for a while.
 * - `limit`: as `not-now`, of a limit of a QOS, an association or an account. It is one of jobs at a time, which passes, or
 *   of the job's size, which does not, and nobody says which: a smaller request may be taken at once.
 * - `after-restart`: also said by a controller that doesn't know its nodes yet, of a job that it takes a minute later.
 * - `never`: whatever else slurmctld says. The request is wrong, or beyond a limit that waiting does not lift.
 */
export type ErrorKind = 'unclear' | 'not-now' | 'limit' | 'after-restart' | 'never';

/** A number (`null`: the commands say it of themselves), and the words that the commands write. */
export type KnownError = readonly [number: number | null, text: string];

export const KNOWN_ERRORS: Readonly<Record<Exclude<ErrorKind, 'limit' | 'never'>, readonly KnownError[]>> = {
  unclear: [
    [-1, 'Unspecified error'],
    [4, 'Interrupted system call'],
    [5, 'Input/output error'],
    [32, 'Broken pipe'],
    [104, 'Connection reset by peer'],
    [110, 'Connection timed out'],
    [1000, 'Unexpected message received'],
    [1002, 'Message send failure'],
    [1003, 'Message receive failure'],
    [1004, 'Communication shutdown failure'],
    [1008, 'Insane message length'],
    [1013, 'Unexpected missing socket error'],
    [1022, 'Connection timed out establishing'],
    [1801, 'Unable to contact slurm controller (send failure)'],
    [1802, 'Unable to contact slurm controller (receive failure)'],
    [1803, 'Unable to contact slurm controller (shutdown failure)'],
    [5003, 'Header lengths are longer than data received'],
    [5004, 'Socket timed out on send/recv operation'],
    [5005, 'Zero Bytes were transmitted or received'],
  ],
  'not-now': [
    [11, 'Resource temporarily unavailable'],
    [12, 'Cannot allocate memory'],
    [23, 'Too many open files in system'],
    [24, 'Too many open files'],
    [28, 'No space left on device'],
    [101, 'Network is unreachable'],
    [111, 'Connection refused'],
    [113, 'No route to host'],
    [122, 'Disk quota exceeded'],
    [1001, 'Communication connection failure'],
    [1005, 'Incompatible versions of client and server code'],
    [1007, 'Protocol authentication error'],
    [1012, "Can't find an address, check slurm.conf"],
    [1800, 'Unable to contact slurm controller (connect failure)'],
    [1804, 'Slurmctld is too busy'],
    [1804, 'Rate limit exceeded, please retry momentarily'],
    [1805, 'Rate limit exceeded, please retry later'],
    [2007, 'Unable to create job record, try again'],
    [2007, 'MaxJobCount limit reached'],
    // The account that all jobs of a service run under: name services of the controller fail now and then.
    [2010, 'Invalid user id'],
    [2113, 'Invalid group id'],
    [2015, 'Requested partition configuration not available now'],
    [2016, 'Requested nodes are busy'],
    [2019, 'I/O error writing script/environment to file'],
    [2022, 'Error configuring interconnect'],
    [2026, 'Error generating job credential'],
    [2027, 'Slurm backup controller in standby mode'],
    [2037, 'Requested operation is presently disabled'],
    [2040, 'Licenses currently unavailable'],
    // Of 2050: too many jobs at once. The commands tell that from too large a job on a line of its own.
    [null, 'MaxSubmitJob'],
    [null, 'GrpSubmitJob'],
    [2055, 'Requested reservation is in use'],
    [2056, 'Requested reservation not usable now'],
    [2059, 'Required ports are in use'],
    [2068, 'Required node not available (down, drained or reserved)'],
    [2070, 'Required partition not available (inactive or drain)'],
    [2074, 'Requested account has breached requested QOS usage threshold'],
    [2078, 'Job can not start immediately'],
    [2079, 'Switch resources currently not available'],
    [2090, 'Slurm internal error, contact system administrator'],
    [2100, 'Waiting for burst buffer'],
    [2101, 'Partition in DOWN state'],
    [2105, 'System submissions disabled'],
    [2118, 'Job can not start due to maintenance reservation'],
    [2120, 'Reboot already in progress'],
    [2125, 'Individual job submission scheduling attempts deferred'],
    [2131, 'Controller is in standby mode'],
    [6000, 'Invalid authentication credential'],
    [6001, 'Authentication credential expired'],
    [6001, 'Failed to open authentication public key'],
    [6002, 'Failed to connect to authentication agent'],
    [6006, 'Authentication credential invalid'],
    [6007, 'Cannot unpack credential'],
    [7000, 'Unable to connect to database'],
    [7000, 'Slurm database connection error'],
    [7008, 'Database connection reference is invalid'],
    [7105, 'Job locked by another sibling'],
    [9008, 'Authentication failure'],
    [null, 'Could not establish a configuration source'],
    [null, 'Slurm job queue full'],
    [null, 'Slurm temporarily unable to accept job'],
    [null, 'Job creation temporarily disabled'],
    [null, 'Currently unable to load job state information'],
    // Of its own script, on a file system that is away for a moment.
    [null, 'Unable to open file'],
  ],
  'after-restart': [
    [2014, 'Requested node configuration is not available'],
    [null, 'Requested topology configuration is not available'],
  ],
};

/** `Job violates accounting/QOS policy`: by number alone it is a `limit`. */
export const LIMIT_NUMBER = 2050;

/** Numbers about who asks: refused before anything was looked at. */
export const AUTHENTICATION_NUMBERS: ReadonlySet<number> = new Set([
  1007, 6000, 6001, 6002, 6003, 6004, 6005, 6006, 6007, 9008,
]);

/** What a number means that stands for no error above: by its hundreds and thousands, as slurm_errno.h deals them out. */
export function kindOfRange(number: number): ErrorKind {
  if (number < 2000 || (number >= 5000 && number < 6000)) {
    // Linux, or the connection to slurmctld.
    return 'unclear';
  }
  if (number >= 6000 && number < 8000) {
    // Authentication; the database; federations; the site's own Lua scripts.
    return number >= 7100 && number < 7200 ? 'never' : number >= 7200 && number < 7300 ? 'after-restart' : 'not-now';
  }
  // 8000 asks for a time limit; the others are plugins that slurmctld could not load.
  return number > 8000 && number < 9000 ? 'not-now' : 'never';
}
