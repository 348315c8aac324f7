import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { seen, TemplateError } from './errors';
import { readTemplates } from './read';
import type { Deployment, ReadOptions, TemplateSource } from './types';
import { asText, isObject, own } from './values';

/** What an assembly does not tell: environments that it leaves open, parameters, exports of stacks that are not in it. */
export type AssemblyOptions = Omit<ReadOptions, 'stack'>;

/**
 * What deploying a CDK cloud assembly (`cdk.out`) would leave behind: all its stacks, those of its stages, and nested stacks.
 * An environment that the manifest names wins over the options; the options are for stacks whose environment is open.
 *
 * @throws TemplateError `ERR_TEMPLATE_INPUT` if the directory holds no assembly, `ERR_TEMPLATE_CYCLE` as `readTemplate`.
 */
export function readAssembly(directory: string, options: AssemblyOptions = {}): Deployment {
  return readTemplates(stacksIn(directory, options));
}

function stacksIn(directory: string, options: AssemblyOptions): TemplateSource[] {
  const manifest = readManifest(directory);
  return Object.entries(manifest).flatMap(([artifactId, artifact]) => {
    const properties = own(artifact, 'properties');
    switch (own(artifact, 'type')) {
      case 'cdk:cloud-assembly': return stacksIn(join(directory, requiredText(properties, 'directoryName', artifactId)), options);
      case 'aws:cloudformation:stack': return stackIn(directory, artifactId, artifact, options);
      default: return [];
    }
  });
}

function readManifest(directory: string): Readonly<Record<string, unknown>> {
  if (!existsSync(directory)) throw input(`there is no directory '${directory}': give the one that cdk synth writes, cdk.out`);
  if (!statSync(directory).isDirectory()) throw input(`'${directory}' is a file: give the directory that cdk synth writes, cdk.out`);
  const file = join(directory, 'manifest.json');
  if (!existsSync(file)) {
    const files = readdirSync(directory);
    throw input(`'${directory}' is no cloud assembly: manifest.json is missing among ${files.slice(0, 6).join(', ') || 'no files'}${files.length > 6 ? ', …' : ''}`);
  }
  const manifest = readJson(file);
  const artifacts = own(manifest, 'artifacts') ?? {};
  if (own(manifest, 'version') === undefined || !isObject(artifacts)) throw input(`'${file}' is no manifest of a cloud assembly, got ${seen(manifest)}`);
  return artifacts;
}

function stackIn(directory: string, artifactId: string, artifact: unknown, options: AssemblyOptions): TemplateSource[] {
  const properties = own(artifact, 'properties');
  const file = join(directory, requiredText(properties, 'templateFile', artifactId));
  const template = readJson(file);
  // A stack without resources, parameters and rules is synthesized as {}.
  if (isObject(template) && Object.keys(template).length === 0) return [];

  const environment = /^aws:\/\/([^/]+)\/([^/]+)$/.exec(asText(own(artifact, 'environment')) ?? '');
  const [account, region] = [environment?.[1], environment?.[2]].map((part) => part?.startsWith('unknown-') ? undefined : part);
  const executionRoleArn = asText(own(properties, 'cloudFormationExecutionRoleArn'));
  const parameters = own(properties, 'parameters');
  const path = asText(own(artifact, 'displayName')) ?? artifactId;
  const files = { directory, assets: assetsOf(directory, artifactId, properties), paths: constructPathsOf(directory, artifact) };
  return [{
    ...options,
    stack: asText(own(properties, 'stackName')) ?? artifactId,
    account: account ?? options.account,
    region: region ?? options.region,
    path,
    paths: pathsBelow(path, files),
    deployParameters: isObject(parameters) ? parameters as Record<string, string> : {},
    ...(executionRoleArn === undefined ? {} : { executionRoleArn }),
    file,
    template: template as object,
    nested: nestedIn(template, path, files),
  }];
}

/** What belongs to one stack and the stacks nested in it. */
interface StackFiles {
  readonly directory: string;
  /** Files by the key under which they are published. */
  readonly assets: ReadonlyMap<string, string>;
  readonly paths: readonly ConstructPath[];
}

interface ConstructPath {
  readonly logicalId: string;
  /** Path of the construct, without a leading slash. */
  readonly path: string;
}

/** Templates of nested stacks: named by the resource's metadata, else found by the asset that its TemplateURL ends with. */
function nestedIn(template: unknown, path: string, files: StackFiles): Record<string, TemplateSource> {
  const resources = own(template, 'Resources');
  return Object.fromEntries(Object.entries(isObject(resources) ? resources : {}).flatMap(([logicalId, resource]) => {
    if (own(resource, 'Type') !== 'AWS::CloudFormation::Stack') return [];
    const url = JSON.stringify(own(own(resource, 'Properties'), 'TemplateURL') ?? '');
    const file = asText(own(own(resource, 'Metadata'), 'aws:asset:path')) ?? [...files.assets].find(([objectKey]) => url.includes(`/${objectKey}`))?.[1];
    if (file === undefined || !existsSync(join(files.directory, file))) return [];
    const nestedFile = join(files.directory, file);
    const nested = readJson(nestedFile);
    const nestedPath = pathOfNested(files.paths.find((entry) => entry.logicalId === logicalId && entry.path.startsWith(`${path}/`))?.path);
    return [[logicalId, {
      file: nestedFile,
      template: nested as object,
      nested: nestedIn(nested, nestedPath ?? path, files),
      ...(nestedPath === undefined ? {} : { path: nestedPath, paths: pathsBelow(nestedPath, files) }),
    }] as const];
  }));
}

/** aws-cdk-lib puts the resource of nested stack `B/Data` at `B/Data.NestedStack/Data.NestedStackResource`. */
function pathOfNested(pathOfResource: string | undefined): string | undefined {
  return /^(.+)\.NestedStack\/[^/]+\.NestedStackResource$/.exec(pathOfResource ?? '')?.[1];
}

/** Construct paths by logical id of the resources of one stack. A nested stack may use the logical ids of its parent again. */
function pathsBelow(path: string, { paths }: StackFiles): Record<string, string> {
  const nested = paths.flatMap((entry) => pathOfNested(entry.path) ?? []).filter((inner) => inner !== path && inner.startsWith(`${path}/`));
  return Object.fromEntries(paths
    .filter((entry) => entry.path.startsWith(`${path}/`) && !nested.some((inner) => entry.path.startsWith(`${inner}/`)))
    .map((entry) => [entry.logicalId, entry.path] as const));
}

/** Files of the assembly by the key under which they are published. */
function assetsOf(directory: string, artifactId: string, properties: unknown): ReadonlyMap<string, string> {
  const dependencies = own(properties, 'additionalDependencies');
  const manifests = (Array.isArray(dependencies) ? dependencies : [`${artifactId}.assets`]).map((name) => join(directory, `${String(name)}.json`));
  return new Map(manifests.filter(existsSync).flatMap((file) => Object.values(own(readJson(file), 'files') ?? {}).flatMap((asset: unknown) => {
    const path = asText(own(own(asset, 'source'), 'path'));
    const destinations = own(asset, 'destinations');
    return path === undefined ? [] : Object.values(isObject(destinations) ? destinations : {})
      .flatMap((destination) => asText(own(destination, 'objectKey')) ?? [])
      .map((objectKey) => [objectKey, path] as const);
  })));
}

/** Construct paths from the metadata of the stack's artifact. */
function constructPathsOf(directory: string, artifact: unknown): ConstructPath[] {
  const file = asText(own(artifact, 'additionalMetadataFile'));
  const metadata = own(artifact, 'metadata') ?? (file !== undefined && existsSync(join(directory, file)) ? readJson(join(directory, file)) : {});
  return Object.entries(isObject(metadata) ? metadata : {}).flatMap(([path, entries]) => (Array.isArray(entries) ? entries : [])
    .filter((entry) => own(entry, 'type') === 'aws:cdk:logicalId')
    .map((entry) => ({ logicalId: String(own(entry, 'data')), path: path.replace(/^\//, '') })));
}

function requiredText(properties: unknown, name: string, artifactId: string): string {
  const value = asText(own(properties, name));
  if (value === undefined) throw input(`artifact '${artifactId}' of the cloud assembly has no ${name}, got ${seen(properties)}`);
  return value;
}

function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new TemplateError('ERR_TEMPLATE_INPUT', `cannot read '${file}', which the cloud assembly names: ${String(cause)}`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TemplateError('ERR_TEMPLATE_INPUT', `'${file}' is no JSON (YAML templates are not read): ${String(cause)}`, { cause });
  }
}

function input(message: string): TemplateError {
  return new TemplateError('ERR_TEMPLATE_INPUT', message);
}
