import { isUtf8 } from 'node:buffer';
import { readDisposition } from './content-disposition';
import { quoted, storedName } from './file-name';
import type { FileWriter } from './file-writer';
import { GrowingBuffer } from './growing-buffer';
import type { PartHeader } from './header-block';
import { BadFormError, FormTooLargeError } from './multipart-errors';
import type { MultipartHandler, PartSink } from './multipart-parser';

/** Text fields are kept in memory, so there is a limit to them: of their number, and of all their bytes. */
const MAX_FIELDS = 1000;
const MAX_ALL_FIELDS_BYTES = 8 * 1024 * 1024;

/** What the collector holds a form to. */
export interface CollectorOptions {
  readonly maxFiles: number | null;
  readonly maxFieldBytes: number;
  readonly reservedNames: readonly string[];
  readonly onField: ((name: string, value: string) => void) | undefined;
}

/** A file of a form. */
export interface ReceivedFile {
  /** As stored: no directories. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

/** Sorts the parts of a form: files go to the writer, text fields are kept. Every fault is an error naming the part. */
export class FormCollector implements MultipartHandler {
  readonly fields = new Map<string, string>();
  readonly files: ReceivedFile[] = [];
  private readonly names = new Set<string>();
  private fieldCount = 0;
  private fieldBytes = 0;

  constructor(
    private readonly writer: Pick<FileWriter, 'begin'>,
    private readonly options: CollectorOptions,
  ) {}

  /** @throws BadFormError | FormTooLargeError */
  onPart(headers: readonly PartHeader[], part: number): PartSink {
    const { name, filename } = readDisposition(headers, part);
    if (filename === '') {
      return emptyFileInput(part);
    }
    if (filename !== undefined) {
      return this.file(filename);
    }
    if (name === undefined) {
      throw new BadFormError(`part ${part} has neither a name nor a filename`);
    }
    return this.field(name);
  }

  private file(filename: string): PartSink {
    const name = storedName(filename);
    if (this.options.reservedNames.includes(name)) {
      throw new BadFormError(`the file name ${quoted(name)} is reserved`);
    }
    if (this.names.has(name)) {
      throw new BadFormError(`two files have the name ${quoted(name)} (directories are dropped)`);
    }
    if (this.names.size === this.options.maxFiles) {
      throw new FormTooLargeError('files', this.options.maxFiles);
    }
    this.names.add(name);
    const contents = this.writer.begin(name);
    let size = 0;
    return {
      data: (chunk) => {
        size += chunk.length;
        contents.append(chunk);
      },
      end: () => {
        contents.end();
        this.files.push({ name, size });
      },
    };
  }

  private field(name: string): PartSink {
    if (++this.fieldCount > MAX_FIELDS) {
      throw new FormTooLargeError('fields', MAX_FIELDS);
    }
    const { maxFieldBytes, onField } = this.options;
    const contents = new GrowingBuffer();
    return {
      data: (chunk) => {
        this.fieldBytes += chunk.length;
        if (contents.length + chunk.length > maxFieldBytes) {
          throw new BadFormError(`the text field ${quoted(name)} is too long: the limit is ${maxFieldBytes} bytes`);
        }
        const limit = Math.max(MAX_ALL_FIELDS_BYTES, maxFieldBytes);
        if (this.fieldBytes > limit) {
          throw new BadFormError(
            `the text field ${quoted(name)} is too long: the limit is ${limit} bytes for all fields`,
          );
        }
        contents.append(chunk);
      },
      end: () => {
        const bytes = contents.view();
        if (!isUtf8(bytes)) {
          throw new BadFormError(`the text field ${quoted(name)} is not valid UTF-8`);
        }
        const value = bytes.toString('utf8');
        if (!this.fields.has(name)) {
          this.fields.set(name, value);
        }
        onField?.(name, value);
      },
    };
  }
}

/** A browser sends an empty filename and no contents for a file input in which no file was chosen. */
function emptyFileInput(part: number): PartSink {
  return {
    data: () => {
      throw new BadFormError(`part ${part} is a file with contents, but its filename is empty`);
    },
    end: () => undefined,
  };
}
