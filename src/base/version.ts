/** The version of this software, as package.json has it; records of runs name it. */
export const KILN_VERSION = '0.1.0';
