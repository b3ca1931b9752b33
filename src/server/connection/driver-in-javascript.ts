/** Keeps the driver to JavaScript, whatever the job's environment says: its other half, in C, is in no bundle. Goes before every import of the driver. */
delete process.env['NODE_PG_FORCE_NATIVE']
