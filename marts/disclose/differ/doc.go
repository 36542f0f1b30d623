// Package differ compares a table that is to be released with every table that
// was: two figures that count nearly the same people tell of the few who make
// the difference.
//
// It keeps, of each release, which people each figure counts, as digests of the
// register of releases: one file a release, sorted by person, in a folder that
// nobody else may enter. Releases of two domains have no digests in common and
// are not compared.
//
// # What is covered
//
// With few the largest number of people that must not be told of, a figure of
// the new table is hidden where, with the figures that stay,
//
//   - its people and those of one other figure, of any earlier release or of
//     another set of the same table, differ by 1 to few people (a cohort with one
//     exclusion, a chain of cohorts each a little wider, a month and the next);
//
//   - its people, or those of an earlier figure, differ by 1 to few from those of
//     several figures together that share nobody: all the choices of figures of
//     one level of one release are tried (a network and its practices), and
//     across levels and releases one choice, the largest figures first
//     (practices of which some were released in March and others in May).
//
//   - figures, each added or taken off any number of times, leave 1 to few people and
//     nobody else (those in both of two cohorts, by the two and all in either; those
//     in A and not in B or C). The search is exact, by elimination, over figures that
//     overlap, one with the next: of up to 96 all together; of more, of each new
//     figure with the 24 that are nearest to it of those it overlaps. It gives up after
//     a thousand choices of groups of people, or where there are over 4096 groups.
//
// Not covered are combinations that this search does not come to: of more than 25
// figures, or of figures that do not overlap a new one, where over 96 overlap one with
// the next. Rounding is not counted on: a figure is hidden also where what is left
// would be blurred. Totals of one set of a table against its own hidden cells are the
// matter of package margin; against cells that are shown and share people, they are
// covered here.
//
// What is said of people holds of what each gives to a sum as well: a figure of gifts
// is known by persons with their values, and one who gives another value to one than to
// the other counts twice, against twice as many.
//
// A figure that counts exactly the people of an earlier one tells nothing new, where
// it is shown by the same rules: as rounding is the same for the same number, it is
// the earlier value. By other rules it would tell more than either, as of what one
// hides or rounds the other shows: Found counts such figures, and package disclose
// refuses the table.
package differ
