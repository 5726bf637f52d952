// It has no types; csaf-faults.ts says what is used of it.
declare module "@secvisogram/csaf-validator-lib/*";
