/** The file inside an archive that lists what could not be put in, or only under another name. */
export const NOTE_NAME = '.orchestrator.notes';
