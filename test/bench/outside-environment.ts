/**
 * The environment for an npm that works in another folder.
 *
 * npm tells its children where the project is; a child npm would then install there.
 */
export function outsideEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(npm_package_|npm_lifecycle_|npm_config_local_prefix$|INIT_CWD$)/i.test(name) &&
        name !== "NODE_OPTIONS",
    ),
  );
}
