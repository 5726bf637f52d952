#!/usr/bin/env node
import { main } from "causeway/main";

process.exitCode = await main(process.argv.slice(2));
