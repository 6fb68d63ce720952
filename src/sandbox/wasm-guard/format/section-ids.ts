/** Sections by id, and their order in a module (core specification 5.5.2 and 5.5.16). */
export const CUSTOM_SECTION = 0;
export const TYPE_SECTION = 1;
export const IMPORT_SECTION = 2;
export const FUNCTION_SECTION = 3;
export const TABLE_SECTION = 4;
export const MEMORY_SECTION = 5;
export const GLOBAL_SECTION = 6;
export const EXPORT_SECTION = 7;
export const START_SECTION = 8;
export const ELEMENT_SECTION = 9;
export const CODE_SECTION = 10;
export const DATA_SECTION = 11;
export const DATA_COUNT_SECTION = 12;
export const TAG_SECTION = 13;

/** Ids in the order in which they must come; a custom section may come anywhere. */
export const SECTION_ORDER: readonly number[] = [
  TYPE_SECTION,
  IMPORT_SECTION,
  FUNCTION_SECTION,
  TABLE_SECTION,
  MEMORY_SECTION,
  GLOBAL_SECTION,
  EXPORT_SECTION,
  START_SECTION,
  ELEMENT_SECTION,
  DATA_COUNT_SECTION,
  CODE_SECTION,
  DATA_SECTION,
];

/** What an import or export is. */
export const FUNCTION_KIND = 0;
export const TABLE_KIND = 1;
export const MEMORY_KIND = 2;
export const GLOBAL_KIND = 3;
