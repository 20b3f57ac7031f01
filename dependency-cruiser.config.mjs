// The layers of ARCHITECTURE.md as a check: imports point one way, profile <- (load, facts) <- (rules, plan) <- render <- output <- cli. Of the
// two that rest on the profile, neither knows the other.
const pure = '^generator/(profile|facts|plan|rules|render)/';
const templateLoader = '^generator/render/load-templates\\.ts$';

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'pure-middle',
      comment: 'Profile, facts, plan, rules and render are functions of their arguments: no disk, no process, no network. The template loader is the exception.',
      severity: 'error',
      from: { path: pure, pathNot: templateLoader },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|path|path/posix)$' },
    },
    {
      name: 'handlebars-in-render-only',
      severity: 'error',
      from: { pathNot: '^generator/render/' },
      to: { path: 'node_modules/handlebars/' },
    },
    {
      name: 'terminal-in-cli-only',
      comment: 'Command-line, prompt and colour libraries stay at the edge.',
      severity: 'error',
      from: { pathNot: '^generator/(cli/|report\\.ts)' },
      to: { path: 'node_modules/(yargs|@clack/prompts|picocolors)/' },
    },
    {
      name: 'profile-stands-alone',
      severity: 'error',
      from: { path: '^generator/profile/' },
      to: { path: '^generator/', pathNot: '^generator/(profile/|errors\\.ts$)' },
    },
    {
      name: 'load-sees-the-profile',
      severity: 'error',
      from: { path: '^generator/load/' },
      to: { path: '^generator/', pathNot: '^generator/(load/|profile/|errors\\.ts$)' },
    },
    {
      name: 'facts-see-the-profile',
      severity: 'error',
      from: { path: '^generator/facts/' },
      to: { path: '^generator/', pathNot: '^generator/(facts/|profile/|errors\\.ts$)' },
    },
    {
      name: 'rules-see-profile-and-facts',
      severity: 'error',
      from: { path: '^generator/rules/' },
      to: { path: '^generator/', pathNot: '^generator/(rules/|profile/|facts/|errors\\.ts$)' },
    },
    {
      name: 'plan-sees-profile-and-facts',
      severity: 'error',
      from: { path: '^generator/plan/' },
      to: { path: '^generator/', pathNot: '^generator/(plan/|profile/|facts/|errors\\.ts$)' },
    },
    {
      name: 'render-sees-the-plan',
      severity: 'error',
      from: { path: '^generator/render/' },
      to: { path: '^generator/', pathNot: '^generator/(render/|plan/|errors\\.ts$)' },
    },
    {
      name: 'output-sees-rendered-files',
      severity: 'error',
      from: { path: '^generator/output/' },
      to: { path: '^generator/', pathNot: '^generator/(output/|render/|errors\\.ts$)' },
    },
    {
      name: 'nobody-imports-the-cli',
      severity: 'error',
      from: { path: '^generator/', pathNot: '^generator/cli/' },
      to: { path: '^generator/cli/' },
    },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
