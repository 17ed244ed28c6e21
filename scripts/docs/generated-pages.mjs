// What is generated: which page, and from what.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { apiPage } from './api-page.mjs';
import { fillParts } from './generated-parts.mjs';
import { openApiDocuments } from './openapi-documents.mjs';
import { variableTable } from './variable-table.mjs';

/**
 * Every generated page as it should be: `{ page, text }`, or `{ page, fault }` where it has no place for what is generated.
 * @param docs the directory of the pages
 * @param dist what `npm run build` made
 */
export async function generatedPages({ docs, dist, signal }) {
  const tables = variableTables(dist);
  const documents = await openApiDocuments(join(dist, 'cli.js'), signal);
  return [
    filled(docs, 'configuration.md', tables.configuration),
    filled(docs, join('backends', 'slurm.md'), tables.slurm),
    { page: 'api-reference.md', text: apiPage(documents) },
  ];
}

function filled(docs, page, parts) {
  try {
    return { page, text: fillParts(readFileSync(join(docs, page), 'utf8'), parts) };
  } catch (error) {
    return { page, fault: error.message };
  }
}

/** The parts of each page, by name. */
function variableTables(dist) {
  const require = createRequire(import.meta.url);
  const { ALL_VARIABLES, SERVICE_PATTERN } = require(join(dist, 'config', 'variables.js'));
  const { SECRET } = require(join(dist, 'config', 'variable-kinds.js'));
  const { SLURM_VARIABLES } = require(join(dist, 'backends', 'slurm', 'slurm.config.js'));
  const { backendPattern } = require(join(dist, 'config', 'backend-settings-reader.js'));
  const settings = { secretForm: SECRET.form };
  const isOfService = ({ name }) => name.startsWith(SERVICE_PATTERN);
  const ofMode = (mode) =>
    variableTable(
      ALL_VARIABLES.filter((each) => each.mode === mode && !isOfService(each)),
      settings,
    );
  return {
    configuration: {
      'variables of both modes': ofMode('both'),
      'variables of the server': ofMode('server'),
      'variables of a service': variableTable(ALL_VARIABLES.filter(isOfService), settings),
      'variables of an executor': ofMode('client'),
    },
    slurm: {
      'variables of a service on SLURM': variableTable(Object.values(SLURM_VARIABLES), {
        ...settings,
        prefix: backendPattern('slurm'),
      }),
    },
  };
}
