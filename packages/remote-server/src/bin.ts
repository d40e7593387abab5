#!/usr/bin/env node
import { program } from './daemon/program.js';

await program().parseAsync();
