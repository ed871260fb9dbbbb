/* test_student.c - Student's t quantile against known values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>

#include <cmocka.h>

#include "runner/evaluate/stats.h"

#define PI 3.141592653589793238463
#define CLOSE 5e-10 /* relative */

/* Probability, degrees of freedom, quantile: by 150 bisections of mpmath 1.3's
 * regularized betainc at 40 digits (the probability being the double next to the one that
 * is written). */
static const struct {
    double probability, freedom, quantile;
} rows[] = {
    { 0.5000001, 0.5, 3.7081493526511927e-7 },
    { 0.6, 0.5, 0.39797542678479059 },
    { 0.75, 0.5, 1.5537739740300373 },
    { 0.9, 0.5, 10.270324410234511 },
    { 0.975, 0.5, 164.55767348048824 },
    { 0.995, 0.5, 4113.9645888041738 },
    { 0.9999, 0.5, 10284911.563165651 },
    { 0.9999999, 0.5, 10284911573990.447 },
    { 0.5000001, 1, 3.1415926519363009e-7 },
    { 0.6, 1, 0.32491969623290625 },
    { 0.75, 1, 1.0 },
    { 0.9, 1, 3.0776835371752541 },
    { 0.975, 1, 12.706204736174693 },
    { 0.995, 1, 63.656741162871524 },
    { 0.9999, 1, 3183.0987571185015 },
    { 0.9999999, 1, 3183098.8635132447 },
    { 0.5000001, 2, 2.8284271232574875e-7 },
    { 0.6, 2, 0.28867513459481282 },
    { 0.75, 2, 0.81649658092772603 },
    { 0.9, 2, 1.885618083164127 },
    { 0.975, 2, 4.3026527297494618 },
    { 0.995, 2, 9.9248432009182886 },
    { 0.9999, 2, 70.700071074968172 },
    { 0.9999999, 2, 2236.0676426780629 },
    { 0.5000001, 2.7, 2.7447053938876899e-7 },
    { 0.6, 2.7, 0.27932846331796929 },
    { 0.75, 2.7, 0.77598628374526949 },
    { 0.9, 2.7, 1.688108175146643 },
    { 0.975, 2.7, 3.392148383173751 },
    { 0.995, 2.7, 6.5331284334084528 },
    { 0.9999, 2.7, 28.464698817816404 },
    { 0.9999999, 2.7, 368.11461645412224 },
    { 0.5000001, 3, 2.7206990449193157e-7 },
    { 0.6, 3, 0.27667066233268985 },
    { 0.75, 3, 0.76489232840434528 },
    { 0.9, 3, 1.6377443536962103 },
    { 0.975, 3, 3.1824463052837084 },
    { 0.995, 3, 5.8409093097333554 },
    { 0.9999, 3, 22.203742273205002 },
    { 0.9999999, 3, 222.57159098625124 },
    { 0.5000001, 7, 2.5974602742784955e-7 },
    { 0.6, 7, 0.26316686135202275 },
    { 0.75, 7, 0.71114177808178631 },
    { 0.9, 7, 1.4149239276505086 },
    { 0.975, 7, 2.3646242515927847 },
    { 0.995, 7, 3.4994832973504933 },
    { 0.9999, 7, 7.0634328281576388 },
    { 0.9999999, 7, 19.933902249446191 },
    { 0.5000001, 8, 2.5859905126925407e-7 },
    { 0.6, 8, 0.26192109674883231 },
    { 0.75, 8, 0.7063866126448386 },
    { 0.9, 8, 1.3968153097438649 },
    { 0.975, 8, 2.3060041352041661 },
    { 0.995, 8, 3.3553873313333949 },
    { 0.9999, 8, 6.4419998210204964 },
    { 0.9999999, 8, 16.320703794655587 },
    { 0.5000001, 30, 2.5276002247929695e-7 },
    { 0.6, 30, 0.25560536495191271 },
    { 0.75, 30, 0.68275569332129255 },
    { 0.9, 30, 1.3104150253913957 },
    { 0.975, 30, 2.0422724563012379 },
    { 0.995, 30, 2.749995653567225 },
    { 0.9999, 30, 4.2339859572720608 },
    { 0.9999999, 30, 6.7013995123793148 },
    { 0.5000001, 31.5, 2.5265979376019713e-7 },
    { 0.6, 31.5, 0.25549732072546495 },
    { 0.75, 31.5, 0.68235809046374255 },
    { 0.9, 31.5, 1.3090109504761658 },
    { 0.975, 31.5, 2.0382021367118838 },
    { 0.995, 31.5, 2.7412150132652819 },
    { 0.9999, 31.5, 4.2067483476933759 },
    { 0.9999999, 31.5, 6.6148518577648422 },
    { 0.5000001, 127, 2.5115673896419707e-7 },
    { 0.6, 127, 0.25387848558786878 },
    { 0.75, 127, 0.67642644701155238 },
    { 0.9, 127, 1.2882531090393642 },
    { 0.975, 127, 1.9788195347028538 },
    { 0.995, 127, 2.6150960084298668 },
    { 0.9999, 127, 3.8304860233645675 },
    { 0.9999999, 127, 5.5004856626175706 },
    { 0.5000001, 1000, 2.507255008614169e-7 },
    { 0.6, 1000, 0.25341451583949871 },
    { 0.75, 1000, 0.67473516460700944 },
    { 0.9, 1000, 1.2823987214609246 },
    { 0.975, 1000, 1.9623390808264081 },
    { 0.995, 1000, 2.5807546980659508 },
    { 0.9999, 1000, 3.7328516045753962 },
    { 0.9999999, 1000, 5.2359984693922194 },
    { 0.5000001, 100000, 2.5066345398901647e-7 },
    { 0.6, 100000, 0.25334777715717989 },
    { 0.75, 100000, 0.67449220355329221 },
    { 0.9, 100000, 1.2815600314493611 },
    { 0.975, 100000, 1.9599877075346093 },
    { 0.995, 100000, 2.575878469908375 },
    { 0.9999, 100000, 3.7191543826413722 },
    { 0.9999999, 100000, 5.199701988462917 },
};

static int is_close(double a, double b)
{
    return fabs(a - b) <= CLOSE * fabs(b);
}

static void known(void **state)
{
    int wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        double p = rows[i].probability, v = rows[i].freedom, t = student_quantile(p, v);
        if (is_close(t, rows[i].quantile))
            continue;
        wrong++;
        print_message("# p %.9g, %g degrees: %.15g, not %.15g\n", p, v, t,
                      rows[i].quantile);
    }
    assert_int_equal(wrong, 0);
}

/* Where the quantile has a formula (Shaw, Journal of Computational Finance 9, 2006): 1, 2
 * and 4 degrees; both tails, to the last probabilities that a double holds. */
static void formulas(void **state)
{
    (void)state;
    for (double p = 1e-300; p < 0.5; p *= 1.7) {
        double a = 4 * p * (1 - p), q = cos(acos(sqrt(a)) / 3) / sqrt(a);
        assert_true(is_close(student_quantile(p, 1), -1 / tan(PI * p)));
        assert_true(is_close(student_quantile(p, 2), (2 * p - 1) * sqrt(2 / a)));
        if (p < 0.49)
            assert_true(is_close(student_quantile(p, 4), -2 * sqrt(q - 1)));
    }
}

static void symmetric(void **state)
{
    (void)state;
    for (double p = 0.0001; p < 0.5; p += 0.0063)
        for (double v = 0.3; v < 1e6; v *= 3)
            assert_true(is_close(student_quantile(1 - p, v), -student_quantile(p, v)));
}

/* It grows with the probability, and towards the normal quantile with the freedom. */
static void monotonic(void **state)
{
    double before = -INFINITY;

    (void)state;
    for (double p = 0.001; p < 1; p += 0.001) {
        double t = student_quantile(p, 9);
        assert_true(t > before);
        before = t;
    }
    before = INFINITY;
    for (double v = 0.5; v < 1e8; v *= 1.3) {
        double t = student_quantile(0.975, v);
        assert_true(t < before && t > 1.959963984540054);
        before = t;
    }
    assert_true(
        is_close(student_quantile(0.975, 1e300), 1.959963984540054 * (1 + 1.3e-9)) ||
        is_close(student_quantile(0.975, 1e300), 1.959963984540054));
}

static void edges(void **state)
{
    (void)state;
    assert_true(student_quantile(0.5, 3) == 0);
    assert_true(student_quantile(1, 3) == INFINITY &&
                student_quantile(0, 3) == -INFINITY);
    assert_true(isnan(student_quantile(-0.1, 3)) && isnan(student_quantile(1.1, 3)));
    assert_true(isnan(student_quantile(NAN, 3)) && isnan(student_quantile(0.9, NAN)));
    assert_true(isnan(student_quantile(0.9, 0)) && isnan(student_quantile(0.9, -1)));
    assert_true(student_quantile(1e-300, 0.01) == -INFINITY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known),     cmocka_unit_test(formulas),
        cmocka_unit_test(symmetric), cmocka_unit_test(monotonic),
        cmocka_unit_test(edges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
