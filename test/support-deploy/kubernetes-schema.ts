import { join, resolve } from 'node:path';
import * as ts from 'typescript';

/** An object of Kubernetes, as it stands in a manifest. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string> };
  readonly [key: string]: unknown;
}

const ROOT = resolve(__dirname, '../..');
const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
};

/**
 * What is wrong with manifests by the types of the Kubernetes API (1.30, made from its OpenAPI document by the package
 * `kubernetes-types`): unknown fields, wrong types, missing fields. It needs no cluster and no network. Values that are
 * strings to the API, such as names of policies, are not looked at.
 */
export function faultsOf(manifests: readonly Manifest[]): string[] {
  const sources = new Map(
    manifests.map((manifest, at) => [join(ROOT, `manifest-${at}-${manifest.kind}.ts`), sourceOf(manifest)] as const),
  );
  const host = ts.createCompilerHost(OPTIONS);
  const disk = { ...host };
  host.getSourceFile = (name, ...rest) => {
    const text = sources.get(name);
    return text === undefined
      ? disk.getSourceFile(name, ...rest)
      : ts.createSourceFile(name, text, ts.ScriptTarget.ES2022);
  };
  host.fileExists = (name) => sources.has(name) || disk.fileExists(name);
  host.readFile = (name) => sources.get(name) ?? disk.readFile(name);
  const program = ts.createProgram([...sources.keys()], OPTIONS, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    const kind = /-(\w+)\.ts$/.exec(file?.fileName ?? '')?.[1] ?? '';
    return `${kind}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

/** The manifest as a constant of its type: of a literal, the compiler accepts no field that the type lacks. */
function sourceOf(manifest: Manifest): string {
  const [group, version] = manifest.apiVersion.includes('/')
    ? manifest.apiVersion.split('/')
    : ['core', manifest.apiVersion];
  const module = `kubernetes-types/${group?.split('.')[0] ?? ''}/${version ?? ''}`;
  return `import type { ${manifest.kind} } from '${module}';
export const manifest: ${manifest.kind} = ${JSON.stringify(manifest)};`;
}
