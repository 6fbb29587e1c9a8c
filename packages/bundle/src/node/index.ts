export { readBundleFolder, writeBundleFolder } from "./bundle-folder.ts";
export { startBundleServer } from "./bundle-server.ts";
export { createDirectorySource } from "./directory-source.ts";
export { createDirectoryTarget } from "./directory-target.ts";
export { createFileStorage } from "./file-storage.ts";

export type { BundleServer, BundleServerOptions } from "./bundle-server.ts";
export type { DirectorySourceOptions } from "./directory-source.ts";
