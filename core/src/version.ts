import manifest from '../../package.json' with { type: 'json' };

/** Of the whole product: core, dashboard and agent are released together. */
export const VERSION = manifest.version;
