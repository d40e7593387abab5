import { defineConfig } from 'tsup';
import { library } from '../../scripts/library.mjs';

// Classes keep the names that applications see in logs.
export default defineConfig({ ...library, keepNames: true });
