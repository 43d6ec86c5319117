/** Where the data lie when nobody says so. */
export const defaultData = '/var/lib/gnomon'
