import packageFile from '../../package.json' with { type: 'json' };

/** The version in package.json: generated files and manifests name it. */
export function lifeboatVersion(): string {
  return packageFile.version;
}
