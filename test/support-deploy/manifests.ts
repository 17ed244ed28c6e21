import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { loadAll } from 'js-yaml';
import type { Manifest } from './kubernetes-schema';

export const DEPLOY = resolve(__dirname, '../../deploy/kubernetes');

/** The manifests below `deploy/kubernetes`, by their file; what configures kustomize is none. */
export function allManifests(): { file: string; manifests: Manifest[] }[] {
  return readdirSync(DEPLOY, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml') && !name.endsWith('kustomization.yaml'))
    .map((name) => ({
      file: relative(DEPLOY, join(DEPLOY, name)),
      manifests: parse(readFileSync(join(DEPLOY, name), 'utf8')),
    }));
}

export function parse(text: string): Manifest[] {
  return loadAll(text) as Manifest[];
}

/** What we look at in a pod. */
export interface Pod {
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: unknown;
  readonly containers: readonly {
    readonly image: string;
    readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
    readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
    readonly securityContext: unknown;
    readonly startupProbe: Probe;
    readonly readinessProbe: Probe;
    readonly livenessProbe: Probe;
    readonly resources: { readonly requests: Record<string, string>; readonly limits: Record<string, string> };
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  }[];
}

interface Probe {
  readonly httpGet: { readonly path: string };
  readonly periodSeconds: number;
  readonly failureThreshold?: number;
}

/** The template of a StatefulSet. */
export function templateOf(manifest: Manifest): { metadata: { labels: Record<string, string> }; spec: Pod } {
  return (manifest.spec as { template: { metadata: { labels: Record<string, string> }; spec: Pod } }).template;
}
