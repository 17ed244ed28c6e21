import { backendPattern, BackendSettingsReader } from './backend-settings-reader';
import { ConfigError } from './config-error';
import { readServerConfig } from './server-config';
import { integer, text } from './variable-kinds';

const PREFIX = backendPattern('my-grid');
const SITES = { pattern: /^[a-z]+$/, form: 'a name of a-z' };
const TABLE = {
  site: text(`${PREFIX}SITE`, 'server', 'here', SITES, 'The site.'),
  cpus: integer(`${PREFIX}CPUS`, 'server', '1', { unit: 'CPUs', min: 1, max: 8 }, 'CPUs of a job.'),
};

function read(env: Record<string, string>): { site: string; cpus: number }[] {
  const services = [...readServerConfig(env).services.values()];
  const reader = new BackendSettingsReader('my-grid', services, TABLE);
  const settings = services.map((service) => {
    const variables = reader.variablesOf(service);
    return { site: reader.string(variables.site), cpus: reader.integer(variables.cpus) };
  });
  reader.finish();
  return settings;
}

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    read(env);
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.faults;
    }
    throw error;
  }
  return [];
}

const TWO = { SERVICE_A_BACKEND: 'my-grid', SERVICE_B_C_BACKEND: 'my-grid' };

describe('the settings of a backend', () => {
  it('are read for each of its services by the table, with defaults', () => {
    expect(read({ ...TWO, SERVICE_A_MY_GRID_SITE: ' there ', SERVICE_B_C_MY_GRID_CPUS: '8' })).toEqual([
      { site: 'there', cpus: 1 },
      { site: 'here', cpus: 8 },
    ]);
  });

  it('are reported with all their faults at once, each with the whole name of its variable', () => {
    expect(
      faultsOf({ ...TWO, SERVICE_A_MY_GRID_SITE: '7', SERVICE_A_MY_GRID_CPUS: '9', SERVICE_B_C_MY_GRID_CPUS: '1e1' }),
    ).toEqual([
      'SERVICE_A_MY_GRID_SITE: "7" is not a name of a-z',
      'SERVICE_A_MY_GRID_CPUS: "9" is not a whole number of CPUs from 1 to 8',
      'SERVICE_B_C_MY_GRID_CPUS: "1e1" is not a whole number of CPUs from 1 to 8',
    ]);
  });

  it('may have no unknown name: a slip is told what it may have meant, any other the names that there are', () => {
    expect(faultsOf({ ...TWO, SERVICE_A_MY_GRID_CPU: '1', SERVICE_B_C_MY_GRID_COLOUR: 'red' })).toEqual([
      'SERVICE_A_MY_GRID_CPU: unknown; was SERVICE_A_MY_GRID_CPUS meant?',
      'SERVICE_B_C_MY_GRID_COLOUR: unknown; there are SITE, CPUS',
    ]);
  });
});
