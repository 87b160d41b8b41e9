/*
 * One test file, two programs. Without DL_PLAIN the tests run under Criterion, each in a process
 * of its own. With -DDL_PLAIN they run one after the other in this process (plain.c), which is
 * what sanitizers, valgrind and callgrind can look into.
 *
 * REQUIRE and SKIP leave the test at once: release nothing after them that must be released.
 */
#ifndef DL_TEST_H
#define DL_TEST_H

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef DL_PLAIN

struct test {
    const char *suite, *name;
    void (*run)(void);
    struct test *next;
};

void test__register(struct test *t);
void test__fail(const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void test__stop(void) __attribute__((noreturn));
void test__skip(const char *reason) __attribute__((noreturn));

#define TEST(suite, name)                                                      \
    static void suite##__##name(void);                                         \
    __attribute__((constructor)) static void suite##__##name##__register(void) \
    {                                                                          \
        static struct test t = { #suite, #name, suite##__##name, NULL };       \
        test__register(&t);                                                    \
    }                                                                          \
    static void suite##__##name(void)

#define TEST__FAIL(...) test__fail(__FILE__, __LINE__, __VA_ARGS__)
#define TEST__FAIL_AND_STOP(...) (TEST__FAIL(__VA_ARGS__), test__stop())
#define SKIP(reason) test__skip(reason)

#else

#include <criterion/criterion.h>

#define TEST(suite, name) Test(suite, name)
#define TEST__FAIL(...) cr_expect_fail(__VA_ARGS__)
#define TEST__FAIL_AND_STOP(...) cr_assert_fail(__VA_ARGS__)
#define SKIP(reason) cr_skip_test("%s", reason)

#endif

/* Criterion is told of failures only: a message per passed check would cost microseconds each. */
#define CHECK_MSG(cond, ...)                  \
    do {                                      \
        if (!(cond)) TEST__FAIL(__VA_ARGS__); \
    } while (0)
#define REQUIRE(cond)                                  \
    do {                                               \
        if (!(cond)) TEST__FAIL_AND_STOP("%s", #cond); \
    } while (0)
#define TEST__REPORT(compare)                           \
    do {                                                \
        const char *test__message = (compare);          \
        CHECK_MSG(!test__message, "%s", test__message); \
    } while (0)

#define CHECK(cond) CHECK_MSG(cond, "%s", #cond)
#define CHECK_INT(got, want) TEST__REPORT(test__int(#got, (long long)(got), (long long)(want)))
#define CHECK_STR(got, want) TEST__REPORT(test__str(#got, got, want))
#define CHECK_HAS(text, part) TEST__REPORT(test__has(#text, text, part))
#define CHECK_CLOSE(got, want, rel) TEST__REPORT(test__close(#got, got, want, rel))
/* n elements of `got` (double or float) against double reference values. */
#define check_doubles(what, got, want, n, rel) \
    TEST__REPORT(test__all_close(what, got, NULL, want, n, rel))
#define check_floats(what, got, want, n, rel) \
    TEST__REPORT(test__all_close(what, NULL, got, want, n, rel))

/* The comparisons: NULL if all is well, else the message, valid until the next comparison. */

static char test__text[1024];

static inline const char *test__int(const char *what, long long got, long long want)
{
    if (got == want) return NULL;
    snprintf(test__text, sizeof test__text, "%s: got %lld, wanted %lld", what, got, want);
    return test__text;
}

static inline const char *test__str(const char *what, const char *got, const char *want)
{
    if (got && want ? !strcmp(got, want) : got == want) return NULL;
    snprintf(test__text, sizeof test__text, "%s: got \"%s\", wanted \"%s\"", what,
             got ? got : "(null)", want ? want : "(null)");
    return test__text;
}

static inline const char *test__has(const char *what, const char *text, const char *part)
{
    if (text && strstr(text, part)) return NULL;
    snprintf(test__text, sizeof test__text, "%s: \"%s\" lacks \"%s\"", what, text ? text : "(null)",
             part);
    return test__text;
}

/* |got - want| relative to want; 0 for equal infinities, infinite for a NaN on either side. */
static inline double test__error(double got, double want)
{
    if (got == want) return 0;
    double e = fabs(got - want) / fmax(fabs(want), DBL_MIN);
    return isfinite(want) && !isnan(e) ? e : INFINITY;
}

/* Representable numbers between a and b. Negative ones are mirrored, as their bits count down. */
static inline uint64_t test__ulps(double a, double b)
{
    int64_t i, j;
    memcpy(&i, &a, sizeof i);
    memcpy(&j, &b, sizeof j);
    i = i < 0 ? INT64_MIN - i : i;
    j = j < 0 ? INT64_MIN - j : j;
    return i > j ? (uint64_t)i - (uint64_t)j : (uint64_t)j - (uint64_t)i;
}

static inline uint64_t test__ulps_float(float a, float b)
{
    int32_t i, j;
    memcpy(&i, &a, sizeof i);
    memcpy(&j, &b, sizeof j);
    int64_t u = i < 0 ? (int64_t)INT32_MIN - i : i, v = j < 0 ? (int64_t)INT32_MIN - j : j;
    return (uint64_t)(u > v ? u - v : v - u);
}

/* " (3 ulp)", or nothing where the distance means nothing. */
static inline const char *test__distance(double got, double want, uint64_t ulps)
{
    static char text[32];
    snprintf(text, sizeof text, " (%llu ulp)", (unsigned long long)ulps);
    return isfinite(got) && isfinite(want) ? text : "";
}

static inline const char *test__close(const char *what, double got, double want, double rel)
{
    double e = test__error(got, want);
    if (isfinite(e) && e <= rel) return NULL;
    snprintf(test__text, sizeof test__text, "%s: got %.17g, wanted %.17g%s", what, got, want,
             test__distance(got, want, test__ulps(got, want)));
    return test__text;
}

/* Exactly one of d and f is the array to judge. */
static inline const char *test__all_close(const char *what, const double *d, const float *f,
                                          const double *want, size_t n, double rel)
{
    size_t bad = 0, w = 0;
    double worst = -1;
    for (size_t i = 0; i < n; i++) {
        double e = test__error(d ? d[i] : (double)f[i], want[i]);
        if (isfinite(e) && e <= rel) continue;
        bad++;
        if (e > worst) w = i, worst = e;
    }
    if (!bad) return NULL;
    double got = d ? d[w] : (double)f[w];
    uint64_t ulps = d ? test__ulps(got, want[w]) : test__ulps_float(f[w], (float)want[w]);
    snprintf(test__text, sizeof test__text,
             "%s: %zu of %zu differ, worst [%zu]: got %.*g, wanted %.17g%s", what, bad, n, w,
             d ? 17 : 9, got, want[w], test__distance(got, want[w], ulps));
    return test__text;
}

#endif
