// Where the file server of the demo is, unless it is said otherwise. Pure.
export const defaultFilesHost = 'localhost';
export const defaultFilesPort = 8082;
