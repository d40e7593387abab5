import { defineConfig } from 'tsup';
import { classNames } from '../../scripts/classNames.mjs';
import { library } from '../../scripts/library.mjs';

// msgpackr is bundled: installed, it would bring a package with native code and an install script.
// Where that one (msgpackr-extract) is there anyway, it is used.
export default defineConfig({
  ...library,
  // Classes keep the names that applications see in logs.
  plugins: [classNames()],
  noExternal: ['msgpackr'],
  external: ['msgpackr-extract'],
});
