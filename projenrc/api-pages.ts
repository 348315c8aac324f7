import { awscdk, JsonFile } from 'projen';

/** Where the pages are, beside those that are written by hand. */
const FOLDER = 'docs/api';

/** What signatures name and nobody has to: each stands on the page where it is used, by its name alone. */
const NAMED_ONLY = ['DataKeys', 'LocalCaller', 'Output', 'Reply', 'ServiceStage', 'ServiceUse', 'SigningAlgorithm', 'StoredResource'];

/**
 * Pages of the doors that jsii does not describe: API.md has the constructs, and these the rest. One page a door, in Markdown like API.md: it is read
 * where the package is, in the repository or in node_modules, without a server. They have no line numbers, so that they change with the API alone.
 */
export function apiPages(project: awscdk.AwsCdkConstructLibrary): void {
  new JsonFile(project, 'typedoc.json', {
    allowComments: true,
    obj: {
      plugin: ['typedoc-plugin-markdown', './scripts/typedoc-parameters.mjs', './scripts/typedoc-contents.mjs'],
      entryPoints: ['src/runtime/index.ts', 'src/testing/index.ts'],
      tsconfig: 'tsconfig.json',
      out: FOLDER,
      outputFileStrategy: 'modules',
      readme: 'none',
      // The compiler has looked at them.
      skipErrorChecking: true,
      disableSources: true,
      excludeInternal: true,
      excludePrivate: true,
      excludeExternals: true,
      intentionallyNotExported: NAMED_ONLY,
      treatWarningsAsErrors: true,
      // A default is a sentence here, not code.
      jsDocCompatibility: { defaultTag: false },
      hideGenerator: true,
      hideBreadcrumbs: true,
      hidePageHeader: true,
      expandParameters: true,
      useCodeBlocks: true,
      parametersFormat: 'table',
      interfacePropertiesFormat: 'table',
      typeAliasPropertiesFormat: 'table',
      tableColumnSettings: { hideModifiers: true },
    },
  });
  project.tasks.tryFind('docgen')!.exec('typedoc --logLevel Warn');
  project.tasks.tryFind('test:docs')!.exec(
    `typedoc --logLevel Warn --out test-reports/api && diff -rq ${FOLDER} test-reports/api || (echo "${FOLDER} is stale: run npx projen docgen" && exit 1)`,
  );
  project.gitattributes.addAttributes(`/${FOLDER}/**`, 'linguist-generated');
}
