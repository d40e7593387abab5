import { defineConfig } from 'tsup';
import { classNames } from '../../scripts/classNames.mjs';
import { library } from '../../scripts/library.mjs';

// Classes keep the names that applications see in logs.
export default defineConfig({ ...library, plugins: [classNames()] });
