// The doors and the build: see tsup.base.ts.
export { default } from '../../tsup.base.js';
