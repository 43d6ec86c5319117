/** In the place of a raw line whose source shows pseudonyms: a line holds names. */
export const hiddenLine = '(hidden: this source shows pseudonyms)'
