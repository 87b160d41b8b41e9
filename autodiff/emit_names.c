/* emit_names.c: what printed functions, their arguments and ops in comments are called. The tables
 * are words with blanks between them: of C up to C23, of C++20, of the GNU dialects, and of glibc's
 * headers. */
#include "emit.h"

/* ---- words that are no name ------------------------------------------------------------------ */

static const char keywords[] =
    " alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t"
    " char32_t char8_t class co_await co_return co_yield compl concept const const_cast consteval"
    " constexpr constinit continue decltype default delete do double dynamic_cast else enum"
    " explicit export extern false float for friend goto if inline int long mutable namespace new"
    " noexcept not not_eq nullptr operator or or_eq private protected public register"
    " reinterpret_cast requires restrict return short signed sizeof static static_assert"
    " static_cast struct switch template this thread_local throw true try typedef typeid typename"
    " typeof typeof_unqual union unsigned using virtual void volatile wchar_t while xor xor_eq";

/* Those that `macro` does not tell by their looks, and a variable. */
static const char macros[] =
    " DOMAIN HUGE INFINITY MAXFLOAT NAN NFDBITS NULL OVERFLOW PLOSS SING SNAN SNANF SNANF128"
    " SNANF32 SNANF32X SNANF64 SNANF64X SNANL TLOSS UNDERFLOW WCONTINUED WEXITED WEXITSTATUS"
    " WIFCONTINUED WIFEXITED WIFSIGNALED WIFSTOPPED WNOHANG WNOWAIT WSTOPPED WSTOPSIG WTERMSIG"
    " WUNTRACED errno i386 linux math_errhandling signgam unix";

/* What printed code calls its own, or calls. */
static const char printed[] =
    " ceil ceilf copysign copysignf cos cosf erf erff exp expf fabs fabsf filled floor floorf fmod"
    " fmodf in int32_t int64_t largest log logf main mean memcpy memory n norm out panel part pow"
    " powf r rint rintf sin sinf size_t sqrt sqrtf squares sum sums tan tanf tanh tanhf term total"
    " trunc truncf uint32_t uint64_t uint8_t workspace";

/* ---- words that are no name of a function ---------------------------------------------------- */

static const char math[] =
    " acos acosh acospi asin asinh asinpi atan atan2 atan2pi atanh atanpi canonicalize cbrt"
    " ceil compoundn copysign cos cosh cospi dadd ddiv dfma dmul drem dsqrt dsub erf erfc exp"
    " exp10 exp10m1 exp2 exp2m1 expm1 f32add f32div f32fma f32mul f32sqrt f32sub f32xadd"
    " f32xdiv f32xfma f32xmul f32xsqrt f32xsub f64add f64div f64fma f64mul f64sqrt f64sub"
    " f64xadd f64xdiv f64xfma f64xmul f64xsqrt f64xsub fabs fadd fdim fdiv ffma ffs finite"
    " floor fma fmax fmaximum fmaximum_mag fmaximum_mag_num fmaximum_num fmaxmag fmin fminimum"
    " fminimum_mag fminimum_mag_num fminimum_num fminmag fmod fmul fpclassify frexp fromfp"
    " fromfpx fsqrt fsub gamma getpayload hypot ilogb isfinite isgreater isgreaterequal isinf"
    " isless islessequal islessgreater isnan isnormal isunordered j0 j1 jn ldexp lgamma llogb"
    " llrint llround log log10 log10p1 log1p log2 log2p1 logb logp1 lrint lround modf nan"
    " nearbyint nextafter nextdown nexttoward nextup pow pow10 pown powr remainder remquo rint"
    " rootn round roundeven rsqrt scalb scalbln scalbn setpayload setpayloadsig signbit"
    " significand sin sincos sinh sinpi sqrt tan tanh tanpi tgamma totalorder totalordermag"
    " trunc ufromfp ufromfpx y0 y1 yn";

static const char library[] =
    " a64l abort abs aligned_alloc alloca arc4random arc4random_buf arc4random_uniform asctime"
    " assert at_quick_exit atexit atof atoi atol basename bcmp bcopy be16toh be32toh be64toh"
    " bsearch btowc bzero c16rtomb c32rtomb c8rtomb cabs cacos cacosh call_once calloc"
    " canonicalize_file_name carg casin casinh catan catanh ccos ccosh cexp cimag clearenv"
    " clearerr clock clog clog10 cnd_broadcast cnd_destroy cnd_init cnd_signal cnd_timedwait"
    " cnd_wait complex conj cpow cproj creal csin csinh csqrt ctan ctanh ctime dcgettext"
    " dgettext difftime div drand48 ecvt erand48 execl execle execlp execv execve execvp exit"
    " explicit_bzero fclose fcvt fd_mask fd_set feclearexcept fegetenv fegetexceptflag"
    " fegetmode fegetround feholdexcept feof feraiseexcept ferror fesetenv fesetexcept"
    " fesetexceptflag fesetmode fesetround fetestexcept fetestexceptflag feupdateenv fflush"
    " ffsimax fgetc fgetpos fgets fgetwc fgetws fopen fork fprintf fputc fputs fputwc fputws"
    " fread free free_aligned_sized free_sized freopen fscanf fseek fsetpos ftell fwide"
    " fwprintf fwrite fwscanf gcvt getc getchar getenv getloadavg getpt gets getsubopt gettext"
    " getwc getwchar gmtime grantpt htobe16 htobe32 htobe64 htole16 htole32 htole64 imaginary"
    " imaxabs imaxdiv index initstate isalnum isalpha isascii isblank iscanonical iscntrl"
    " isdigit iseqsig isgraph islower isprint ispunct issignaling isspace issubnormal isupper"
    " iswalnum iswalpha iswblank iswcntrl iswctype iswdigit iswgraph iswlower iswprint"
    " iswpunct iswspace iswupper iswxdigit isxdigit iszero jrand48 l64a labs lcong48 ldiv"
    " le16toh le32toh le64toh llabs lldiv localeconv localtime longjmp lrand48 malloc mblen"
    " mbrlen mbrtoc16 mbrtoc32 mbrtoc8 mbrtowc mbsinit mbsrtowcs mbstowcs mbtowc memalignment"
    " memccpy memchr memcmp memcpy memfrob memmem memmove mempcpy memrchr memset"
    " memset_explicit mkdtemp mkostemp mkostemps mkstemp mkstemps mktemp mktime mrand48"
    " mtx_destroy mtx_init mtx_lock mtx_timedlock mtx_trylock mtx_unlock nrand48 offsetof"
    " on_exit perror posix_memalign posix_openpt printf pselect ptsname putc putchar putenv"
    " puts putwc putwchar qecvt qfcvt qgcvt qsort quick_exit raise rand random rawmemchr"
    " realloc reallocarray realpath remove rename rewind rindex rpmatch scanf secure_getenv"
    " seed48 select setbuf setenv setjmp setlocale setstate setvbuf sigabbrev_np sigdescr_np"
    " signal snprintf sprintf srand srand48 srandom sscanf std stpcpy stpncpy strcasecmp"
    " strcasestr strcat strchr strchrnul strcmp strcoll strcpy strcspn strdup strdupa strerror"
    " strerrordesc_np strerrorname_np strfmon strfrom strfromd strfromf strfry strftime strlen"
    " strncasecmp strncat strncmp strncpy strndup strndupa strnlen strpbrk strrchr strsep"
    " strsignal strspn strstr strto strtod strtoimax strtok strtold strtoq strtoul strtoumax"
    " strtouq strverscmp strxfrm swprintf swscanf system thrd_create thrd_current thrd_detach"
    " thrd_equal thrd_exit thrd_join thrd_sleep thrd_yield time timegm timespec_get"
    " timespec_getres tmpfile tmpnam toascii tolower toupper towctrans towlower towupper"
    " tss_create tss_delete tss_get tss_set u_char u_int u_long u_short uint ulong ungetc"
    " ungetwc unlockpt unsetenv ushort va_arg va_copy va_end va_start valloc vfprintf vfscanf"
    " vfwprintf vfwscanf vprintf vscanf vsnprintf vsprintf vsscanf vswprintf vswscanf vwprintf"
    " vwscanf wcrtomb wcscat wcschr wcscmp wcscoll wcscpy wcscspn wcsftime wcslen wcsncat"
    " wcsncmp wcsncpy wcspbrk wcsrchr wcsrtombs wcsspn wcsstr wcstod wcstof wcstoimax wcstok"
    " wcstol wcstold wcstombs wcstoul wcstoumax wcsxfrm wctob wctomb wctrans wctype wmemchr"
    " wmemcmp wmemcpy wmemmove wmemset wprintf wscanf";

static const char *const endings[] = { "f",   "l",   "_r",   "_l",   "_unlocked", "64",
                                       "f32", "f64", "f32x", "f64x", "f128",      "d32" };

/* ---- questions ------------------------------------------------------------------------------- */

static bool among(const char *words, const char *name, size_t length)
{
    for (size_t n; *(words += strspn(words, " ")); words += n) {
        n = strcspn(words, " ");
        if (n == length && memcmp(words, name, n) == 0) return true;
    }
    return false;
}

/* Whole families have a function for each type: sqrt, sqrtf, sqrtl, sqrtf32. */
static bool of_the_library(const char *name, size_t length)
{
    if (among(math, name, length) || among(library, name, length)) return true;
    for (size_t k = 0; k < sizeof endings / sizeof *endings; k++) {
        size_t n = strlen(endings[k]);
        if (n < length && memcmp(name + length - n, endings[k], n) == 0
            && of_the_library(name, length - n))
            return true;
    }
    return false;
}

#define SMALL "abcdefghijklmnopqrstuvwxyz"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* SIZE_MAX, M_PIf, M_1_PI; but not W_in and W_1. */
static bool macro(const char *name)
{
    size_t n = strspn(name, CAPITALS DIGITS);
    bool constant = strncmp(name, "M_", 2) == 0;
    return n && name[n] == '_' && strspn(name + n + 1, constant ? CAPITALS DIGITS : CAPITALS)
           && name[strlen(name) - 1] != '_';
}

/* Such as the printed code calls its own: v12, e3, i, i0. */
static bool ours(const char *name)
{
    size_t digits = strspn(name + 1, DIGITS);
    return strchr("veijkpqs", *name) && !name[1 + digits] && (digits || strchr("ijk", *name));
}

static bool means_something(const char *name)
{
    size_t n = strlen(name);
    return among(keywords, name, n) || among(macros, name, n) || among(printed, name, n)
           || macro(name) || ours(name);
}

static bool reserved(const char *name)
{
    return *name == '_' || strncmp(name, "dl_", 3) == 0 || strncmp(name, "DL_", 3) == 0;
}

bool dl__c_function(const char *name)
{
    size_t n = strlen(name);
    bool type = n > 2 && strcmp(name + n - 2, "_t") == 0;
    return !reserved(name) && !means_something(name) && !type && !of_the_library(name, n);
}

static bool given(const char *name, const char *before, size_t stride, int n)
{
    for (int i = 0; i < n; i++)
        if (strcmp(before + (size_t)i * stride, name) == 0) return true;
    return false;
}

bool dl__c_name(char *to, const char *name, const char *before, size_t stride, int n)
{
    size_t length = (size_t)snprintf(to, DL__C_NAME, "%s%s", reserved(name) ? "x" : "", name);
    while (means_something(to) || given(to, before, stride, n)) {
        if (length == DL__C_NAME - 1) return false;
        to[length++] = '_';
        to[length] = '\0';
    }
    return true;
}

/* ---- ops ------------------------------------------------------------------------------------- */

dl_op_name dl__c_op(const char *name)
{
    dl_op_name op;
    snprintf(op.text, sizeof op.text, "%s", name);
    for (char *c = op.text; *(c += strspn(c, SMALL CAPITALS DIGITS "_ .-"));) *c = '_';
    return op;
}
