/* csv.c: tables that are read, and files that are refused, with line and column. */
#include "tests/harness/test.h"

#include "dltape.h"

#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

/* A file with this content; the name is to be given back to forget(). */
static const char *file_of(const void *content, size_t bytes)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/dltape-csv-XXXXXX");
    int fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, content, bytes) == (ssize_t)bytes);
    if (fd >= 0) close(fd);
    return path;
}

static void check_read(const char *content, int64_t rows, int64_t columns, const double *want)
{
    const char *path = file_of(content, strlen(content));
    for (int dtype = DL_F32; dtype <= DL_F64; dtype++) {
        dl_array *a = dl_csv_read(path, (dl_dtype)dtype);
        CHECK_STR(dl_array_message(a), "");
        CHECK_INT(dl_array_rank(a), 2);
        CHECK_INT(dl_array_size(a, 0), rows);
        CHECK_INT(dl_array_size(a, 1), columns);
        CHECK_STR(dl_array_dims(a), "");
        for (int64_t i = 0; i < rows * columns; i++) {
            double x = dl_array_get(a, DL_DIMS(i / columns, i % columns));
            double w = dtype == DL_F32 ? (double)(float)want[i] : want[i];
            CHECK_MSG(x == w, "%s: [%d] got %.17g, wanted %.17g", content, (int)i, x, w);
        }
        dl_array_free(a);
    }
    unlink(path);
}

TEST(csv, plain_numbers)
{
    check_read("1,2.5\n-3e2,.5\n", 2, 2, (double[]){ 1, 2.5, -300, 0.5 });
    check_read("1,2", 1, 2, (double[]){ 1, 2 });
    check_read("+1E-3\n", 1, 1, (double[]){ 0.001 });
    check_read("0.1,1e-400,4.9e-324\n", 1, 3, (double[]){ 0.1, 0, 4.9e-324 });
}

/* In the first row too, which would else be a header. */
TEST(csv, numbers_of_many_digits)
{
    char third[100];
    snprintf(third, sizeof third, "0.%070d,1\n2,3\n", 0);
    memset(third + 2, '3', 70);
    check_read(third, 2, 2, (double[]){ 1.0 / 3, 1, 2, 3 });
}

TEST(csv, a_first_line_without_numbers_is_a_header)
{
    check_read("a,b\n1,2\n", 1, 2, (double[]){ 1, 2 });
    check_read("\"sepal, cm\",\"say \"\"b\"\"\"\n1,2\n", 1, 2, (double[]){ 1, 2 });
}

TEST(csv, line_ends_blank_lines_and_a_byte_order_mark)
{
    check_read("a,b\r\n1,2\r\n3,4\r\n", 2, 2, (double[]){ 1, 2, 3, 4 });
    check_read("1,2\n\n \t\n\r\n", 1, 2, (double[]){ 1, 2 });
    check_read("\xEF\xBB\xBF"
               "1,2\n",
               1, 2, (double[]){ 1, 2 });
}

TEST(csv, semicolons_quotes_and_blanks)
{
    check_read("a;b\n1;2\n", 1, 2, (double[]){ 1, 2 });
    check_read("\"1\" , \"2\"\n 3\t,4 \n", 2, 2, (double[]){ 1, 2, 3, 4 });
    check_read("\"a;b\",c\n1,2\n", 1, 2, (double[]){ 1, 2 });
}

TEST(csv, the_locale_changes_nothing)
{
    static const char *const locales[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8" };
    for (int i = 0; i < 3; i++)
        if (setlocale(LC_NUMERIC, locales[i])) break;
    check_read("1.5,2.25\n", 1, 2, (double[]){ 1.5, 2.25 });
    setlocale(LC_NUMERIC, "C");
}

TEST(csv, iris_is_fishers)
{
    dl_array *a = dl_csv_read("examples/data/iris.csv", DL_F64);
    if (dl_array_status(a) == DL_EFILE) {
        dl_array_free(a);
        SKIP("not run from the root of the project");
    }
    static const double mean[] = { 5.843333333333334, 3.0573333333333332, 3.758,
                                   1.1993333333333334 };
    CHECK_STR(dl_array_message(a), "");
    CHECK_INT(dl_array_size(a, 0), 150);
    CHECK_INT(dl_array_size(a, 1), 4);
    for (int64_t j = 0; j < 4; j++) {
        double sum = 0;
        for (int64_t i = 0; i < 150; i++) sum += dl_array_get(a, DL_DIMS(i, j));
        CHECK_CLOSE(sum / 150, mean[j], 1e-14);
    }
    dl_array_free(a);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void check_refused_bytes(const char *content, size_t bytes, dl_dtype dtype, const char *why)
{
    const char *path = file_of(content, bytes);
    dl_array *a = dl_csv_read(path, dtype);
    char want[256];
    snprintf(want, sizeof want, "%s:%s", path, why);
    CHECK_INT(dl_array_status(a), DL_EFORMAT);
    CHECK_STR(dl_array_message(a), want);
    CHECK(dl_array_data(a) == NULL);
    dl_array_free(a);
    unlink(path);
}

static void check_refused(const char *content, const char *why)
{
    check_refused_bytes(content, strlen(content), DL_F64, why);
}

TEST(csv, ragged_rows_are_refused)
{
    check_refused("1,2\n3\n", "2:2: 1 fields, wanted 2 as in line 1");
    check_refused("a,b\n1,2\n3,4,5\n", "3:5: more than 2 fields, as many as line 2 has");
}

TEST(csv, text_is_refused)
{
    check_refused("a,b\n1, two\n", "2:4: \"two\" is not a number");
    check_refused("1,b\n", "1:3: \"b\" is not a number");
    check_refused("1,0x10\n", "1:3: \"0x10\" is not a number");
    check_refused("1,2\n3,4.5.6\n", "2:3: \"4.5.6\" is not a number");
    check_refused("1;2,5\n", "1:3: \"2,5\" is not a number");
    check_refused("1\nan_entry_that_is_longer_than_what_is_shown\n",
                  "2:1: \"an_entry_that_is_longer_...\" is not a number");
    check_refused_bytes("1,\0002\n", 5, DL_F64, "1:3: \"?2\" is not a number");
}

TEST(csv, numbers_that_are_not_finite_are_refused)
{
    check_refused("1,NaN\n", "1:3: \"NaN\" is not a finite number");
    check_refused("nan,inf\n1,2\n", "1:1: \"nan\" is not a finite number");
    check_refused("1,2\n3,-Infinity\n", "2:3: \"-Infinity\" is not a finite number");
    check_refused("1,NA\n", "1:3: \"NA\" is not a finite number");
    check_refused("1e999\n", "1:1: \"1e999\" is too large for f64");
    check_refused_bytes("1e39\n", 5, DL_F32, "1:1: \"1e39\" is too large for f32");
}

TEST(csv, empty_fields_lines_and_files_are_refused)
{
    check_refused("1,,3\n", "1:3: empty field");
    check_refused("1,2,\n", "1:5: empty field");
    check_refused("a,\n1,2\n", "1:1: \"a\" is not a number");
    check_refused("1,2\n\n3,4\n", "2:1: a blank line before the end");
    check_refused("", "1:1: the file is empty");
    check_refused("\n\n", "1:1: the file is empty");
    check_refused("a,b\n", "2:1: a header, but no row of numbers");
}

TEST(csv, broken_quotes_are_refused)
{
    check_refused("1,\"2\n3,4\n", "1:3: the quote is not closed on this line");
    check_refused("1,\"2\"x\n", "1:6: text behind the closing quote");
    check_refused("\"a\n1\n", "1:1: the quote is not closed on this line");
}

TEST(csv, an_endless_line_is_refused)
{
    size_t bytes = (1 << 20) + 2;
    char *text = malloc(bytes);
    REQUIRE(text);
    memset(text, '1', bytes);
    check_refused_bytes(text, bytes, DL_F64, "1:1048577: the line is longer than 1 MiB");
    free(text);
}

TEST(csv, files_that_cannot_be_read_are_refused)
{
    static const struct {
        const char *path, *message;
    } cases[] = { { "/nonexistent/x.csv", "/nonexistent/x.csv: No such file or directory" },
                  { "/tmp", "/tmp: Is a directory" },
                  { "", ": No such file or directory" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dl_array *a = dl_csv_read(cases[i].path, DL_F64);
        CHECK_INT(dl_array_status(a), DL_EFILE);
        CHECK_STR(dl_array_message(a), cases[i].message);
        dl_array_free(a);
    }
    dl_array *a = dl_csv_read(NULL, DL_F64), *b = dl_csv_read("/tmp", DL_I32);
    CHECK_INT(dl_array_status(a), DL_ENULL);
    CHECK_INT(dl_array_status(b), DL_EDTYPE);
    CHECK_STR(dl_array_message(b), "csv_read: i32 does not compute, use f32 or f64");
    dl_array_free(a);
    dl_array_free(b);
}

TEST(csv, an_error_reaches_the_tape_that_meets_the_array)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_csv_read("/nonexistent/x.csv", DL_F64);
    dl_leaf(t, a);
    CHECK_INT(dl_tape_status(t), DL_EFILE);
    CHECK_HAS(dl_tape_message(t), "/nonexistent/x.csv: No such file or directory [csv.c:");
    dl_array_free(a);
    dl_tape_free(t);
}
