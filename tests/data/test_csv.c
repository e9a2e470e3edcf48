#include "csv_text.h"

static void check_agree(const char *one, const char *two)
{
    sur_dataset a = read_path(put_text("a.csv", one));
    sur_dataset b = read_path(put_text("b.csv", two));
    check_same(&a, &b);
    check_whole(&a);
    sur_dataset_free(&a);
    sur_dataset_free(&b);
}

static void line_ends_and_delimiters_make_no_difference(void **state)
{
    (void)state;
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    static const char *const delimiters[] = {",", ";", "\t", " ", " , ", "   ", " \t "};
    for (int header = 0; header < 2; header++) {
        char *plain = make_text(30, 4, ",", "\n", header);
        for (int e = 0; e < 3; e++) {
            for (int d = 0; d < 7; d++) {
                char *text = make_text(30, 4, delimiters[d], ends[e], header);
                check_agree(plain, text);
                text[strlen(text) - strlen(ends[e])] = '\0'; /* no last line end */
                check_agree(plain, text);
                free(text);
            }
        }
        free(plain);
    }
}

/* The window grows to 1 MB: lines cross its border at many places. */
static void a_file_of_many_windows_reads_as_its_rows(void **state)
{
    (void)state;
    const sur_idx rows = 30000, cols = 5;
    char *text = make_text(rows, cols, ",", "\r\n", true);
    sur_dataset data = read_path(put_text("large.csv", text));
    sur_rng rng = sur_rng_make(1, "csv", 0);
    CHECK(strlen(text) > 2u << 20 && data.rows == rows && data.cols == cols - 1);
    for (sur_idx i = 0; i < rows; i++) {
        for (sur_idx j = 0; j < cols; j++) {
            const double want = sur_rng_normal(&rng);
            CHECK(same_number(j < cols - 1 ? at(&data, i, j) : data.target[i], want));
        }
    }
    sur_dataset packed = read_path(put_gz("large.csv.gz", text, strlen(text)));
    check_same(&data, &packed);
    sur_dataset_free(&packed);
    sur_dataset_free(&data);
    strcat(text, "1,2\r\n");
    const sur_data_options options = options_for(put_text("large.csv", text));
    check_refused(&options, SUR_EPARSE, "large.csv:30002: 2 columns", "not 5");
    free(text);
}

/* The first window of 64 kB ends between CR and LF. */
static void a_line_end_across_two_windows_is_one(void **state)
{
    (void)state;
    char text[80000], *to = text + sprintf(text, "1234567,1234567\r\n");
    while (to - text < 65537) to += sprintf(to, "123456,123456\r\n");
    CHECK(to - text == 65537);
    sprintf(to, "1,2\r\n3\r\n");
    const sur_data_options options = options_for(put_text("edge.csv", text));
    check_refused(&options, SUR_EPARSE, "edge.csv:4371: 1 columns", "not 2");
}

static void standard_input_reads_as_the_file_does(void **state)
{
    (void)state;
    const char *text = "a,b,y\n1,2,0\n3,4,1\n5,6,1\n";
    sur_dataset file = read_text(text);
    const int own = dup(0);
    int ends[2];
    CHECK(own >= 0 && pipe(ends) == 0 && dup2(ends[0], 0) == 0);
    CHECK(write(ends[1], text, strlen(text)) == (ssize_t)strlen(text));
    close(ends[1]);
    close(ends[0]);
    sur_dataset data = read_path("-");
    check_same(&data, &file);
    CHECK_TEXT(data.checksum, file.checksum);
    const sur_data_options options = options_for("-");
    check_refused(&options, SUR_EPARSE, "standard input: is empty", "");
    CHECK(dup2(own, 0) == 0);
    close(own);
    sur_dataset_free(&data);
    sur_dataset_free(&file);
}

static void names_come_from_a_header_if_there_is_one(void **state)
{
    (void)state;
    sur_dataset data = read_text("mass,\"pt, lead\",Label\n1,2,0\n3,4,1\n");
    CHECK(data.rows == 2 && data.cols == 2 && data.classes == 2);
    CHECK_TEXT(sur_dataset_name(&data, 0), "mass");
    CHECK_TEXT(sur_dataset_name(&data, 1), "pt, lead");
    CHECK_TEXT(sur_dataset_name(&data, 2), "Label");
    CHECK_TEXT(sur_dataset_name(&data, 3), "");
    CHECK_TEXT(sur_dataset_name(&data, 5), "1");
    sur_dataset_free(&data);
    data = read_text("1,2,0.5\n3,4,1\n");
    CHECK(data.rows == 2);
    CHECK_TEXT(sur_dataset_name(&data, 0), "x1");
    sur_dataset_free(&data);
    data = read_text("1.5,g\n2.5,h\n"); /* words in the first line, no number below */
    CHECK(data.rows == 2 && data.classes == 2);
    sur_dataset_free(&data);
    data = read_text("# made by hand\n3,2,low,high\n1,2,0\n3,4,1\n5,6,1\n");
    CHECK(data.rows == 3 && data.cols == 2); /* scikit-learn's line of counts */
    sur_dataset_free(&data);
}

static void quotes_hold_delimiters_quotes_and_line_ends(void **state)
{
    (void)state;
    sur_dataset data = read_text("\xef\xbb\xbf\"a \"\"b\"\"\",\"two\nlines\",y\r\n"
                                 "\"1.5\", \"2\" ,\"p\"\"q\"\r\n\n  \n3,4,\"r,s\"\r\n");
    CHECK(data.rows == 2 && data.cols == 2 && data.classes == 2);
    CHECK_TEXT(sur_dataset_name(&data, 0), "a \"b\"");
    CHECK_TEXT(sur_dataset_name(&data, 1), "two\nlines");
    CHECK_TEXT(sur_dataset_name(&data, 4), "p\"q");
    CHECK_TEXT(sur_dataset_name(&data, 5), "r,s");
    CHECK(at(&data, 0, 0) == 1.5 && at(&data, 0, 1) == 2.0);
    sur_dataset_free(&data);
}

static void empty_cells_and_named_codes_are_missing(void **state)
{
    (void)state;
    char note[500];
    sur_data_options options = options_for(
        put_text("m.csv", "a,b,c,y\n1,,-999,0\n-999.0,2,NA,1\nnan,3,4,1\n5,6,7,\n"));
    options.missing = "-999, NA ,NaN";
    sur_dataset data = read_ok(&options, note, sizeof note);
    CHECK(data.rows == 3 && data.dropped == 1 && data.imputed == 5);
    CHECK(isnan(at(&data, 0, 1)) && isnan(at(&data, 0, 2)) && isnan(at(&data, 1, 0)));
    CHECK(isnan(at(&data, 1, 2)) && isnan(at(&data, 2, 0)) && at(&data, 2, 2) == 4.0);
    CHECK_CONTAINS(note, "5 missing cells");
    CHECK_CONTAINS(note, "1 rows left out");
    check_whole(&data);
    sur_dataset_free(&data);
}

static void the_target_is_found_by_name_or_is_the_last(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name;
    } cases[] = {{"a,Y,b\n1,2,3\n4,5,6\n", "Y"},
                 {"class,y,b\n1,2,3\n4,5,6\n", "class"},
                 {"y,TARGET,class\n1,2,3\n4,5,6\n", "TARGET"},
                 {"target,b,Label\n1,2,3\n4,5,6\n", "Label"},
                 {"a,b,c\n1,2,3\n4,5,6\n", "c"},
                 {"a,b,c,\n1,2,3,\n4,5,6,\n", "c"}}; /* every line ends with a comma */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char note[300];
        const sur_data_options options = options_for(put_text("t.csv", cases[i].text));
        sur_dataset data = read_ok(&options, note, sizeof note);
        CHECK_TEXT(sur_dataset_name(&data, data.cols), cases[i].name);
        CHECK_CONTAINS(note, "target: column");
        CHECK_CONTAINS(note, cases[i].name);
        CHECK(data.cols == 2);
        sur_dataset_free(&data);
    }
}

static void columns_are_chosen_by_name_number_and_range(void **state)
{
    (void)state;
    sur_data_options options =
        options_for(put_text("c.csv", "a,b,c,d,e,f\n1,2,3,4,5.5,6\n7,8,9,10,11,12\n"));
    options.target = "e";
    options.columns = "2-4,f";
    options.drop = "3";
    options.weight = "a";
    sur_dataset data = read_ok(&options, NULL, 0);
    CHECK(data.cols == 3 && at(&data, 0, 0) == 2 && at(&data, 0, 1) == 4);
    CHECK(at(&data, 1, 2) == 12 && data.target[0] == 5.5 && data.weight[1] == 7);
    CHECK_TEXT(sur_dataset_name(&data, 4), "a");
    check_whole(&data);
    sur_dataset_free(&data);
    options = options_for(put_text("n.csv", "1,2,3\n4,5,6\n"));
    options.target = "x1";
    data = read_ok(&options, NULL, 0);
    CHECK(data.cols == 2 && at(&data, 1, 0) == 5);
    sur_dataset_free(&data);
}

/* Another order of the columns gives the same columns in that order. */
static void columns_may_come_in_any_order(void **state)
{
    (void)state;
    sur_dataset a = read_text("u,v,w,y\n1,x,3,0\n4,z,6,1\n7,t,,0\n");
    sur_dataset b = read_text("w,y,u,v\n3,0,1,x\n6,1,4,z\n,0,7,t\n");
    CHECK(a.cols == 5 && b.cols == 5);
    for (sur_idx i = 0; i < a.cols; i++) {
        for (sur_idx j = 0; j < b.cols; j++) {
            if (strcmp(sur_dataset_name(&a, i), sur_dataset_name(&b, j)) != 0) continue;
            for (sur_idx k = 0; k < 3; k++)
                CHECK(same_number(at(&a, k, i), at(&b, k, j)));
            break;
        }
    }
    sur_dataset_free(&a);
    sur_dataset_free(&b);
}

static void text_features_become_indicators(void **state)
{
    (void)state;
    sur_dataset data = read_text("id,color,size,y\n1,red,big,0\n2,green,small,1\n"
                                 "3,blue,big,1\n4,,small,0\n");
    CHECK(data.cols == 5); /* id, three colors, one size */
    CHECK_TEXT(sur_dataset_name(&data, 1), "color=blue");
    CHECK_TEXT(sur_dataset_name(&data, 3), "color=red");
    CHECK_TEXT(sur_dataset_name(&data, 4), "size=small");
    for (sur_idx i = 0; i < 3; i++)
        CHECK(at(&data, i, 1) + at(&data, i, 2) + at(&data, i, 3) == 1.0);
    CHECK(at(&data, 0, 3) == 1.0 && at(&data, 2, 1) == 1.0 && at(&data, 1, 4) == 1.0);
    CHECK(isnan(at(&data, 3, 1)) && isnan(at(&data, 3, 3)) && data.imputed == 3);
    CHECK(at(&data, 3, 0) == 4.0 && at(&data, 3, 4) == 1.0);
    check_whole(&data);
    sur_dataset_free(&data);
}

static void classes_are_text_or_at_most_twenty_whole_numbers(void **state)
{
    (void)state;
    char text[4000], *to = text;
    for (int k = 0; k < 20; k++) to += sprintf(to, "%d,%d\n", k, 3 * k - 7);
    sur_dataset data = read_text(text);
    CHECK(data.classes == 20 && data.target[0] == 0 && data.target[19] == 19);
    CHECK_TEXT(sur_dataset_name(&data, 3), "-7");
    sur_dataset_free(&data);
    sprintf(to, "20,100\n");
    data = read_text(text);
    CHECK(data.classes == 0 && data.target[0] == -7);
    sur_dataset_free(&data);
    sprintf(to, "20,0.5\n");
    data = read_text(text);
    CHECK(data.classes == 0);
    sur_dataset_free(&data);
    sur_data_options options = options_for(scratch("text.csv"));
    options.task = SUR_CLASSIFICATION;
    data = read_ok(&options, NULL, 0);
    CHECK(data.classes == 21);
    sur_dataset_free(&data);
    options.data = put_text("text.csv", "1,0\n2,1\n3,0\n");
    options.task = SUR_REGRESSION;
    data = read_ok(&options, NULL, 0);
    CHECK(data.classes == 0 && data.target[1] == 1.0);
    sur_dataset_free(&data);
    data = read_text("1,1\n2,other\n3,0\n4,1.0\n5,-0\n"); /* 1 and 1.0 are one class */
    CHECK(data.classes == 3 && data.target[0] == data.target[3]);
    CHECK(data.target[2] == data.target[4]);
    sur_dataset_free(&data);
}

static void test_rows_may_come_from_a_second_file(void **state)
{
    (void)state;
    sur_data_options options =
        options_for(put_text("train.csv", "a,b,y\n1,u,p\n2,v,q\n3,w,\n"));
    options.test_data = put_text("test.csv", "a,b,y\n5,w,q\n6,u,\n7,v,p\n");
    sur_dataset data = read_ok(&options, NULL, 0);
    CHECK(data.rows == 4 && data.test_rows == 2 && data.cols == 4 && data.dropped == 2);
    CHECK(at(&data, 2, 0) == 5 && at(&data, 3, 0) == 7 &&
          data.target[2] == data.target[1]);
    CHECK(at(&data, 2, 3) == 1.0 && at(&data, 0, 1) == 1.0);
    check_whole(&data);
    sur_dataset_free(&data);
    options.test_data = put_text("test.csv", "a,c,y\n5,w,q\n");
    check_refused(&options, SUR_ESHAPE, "\"b\"", "\"c\"");
    options.test_data = put_text("test.csv", "a,b\n5,w\n");
    check_refused(&options, SUR_ESHAPE, "2 columns", "test.csv");
    options.test_data = put_text("test.csv", "a,b,y\n5,6,q\n");
    check_refused(&options, SUR_ESHAPE, "numbers", "column b");
}

static void the_checksum_tells_content_and_way_of_reading(void **state)
{
    (void)state;
    const char *text = "a,b,y\n1,2,0\n3,4,1\n";
    char sums[5][65];
    sur_data_options options = options_for(put_text("s.csv", text));
    for (int k = 0; k < 5; k++) {
        options.columns = k == 1 ? "a" : NULL;
        options.target = k == 2 ? "b" : k == 4 ? "3" : NULL;
        if (k == 3) options.data = put_text("s.csv", "a,b,y\n1,2,0\n3,4.0,1\n");
        if (k == 4) options.data = put_text("other.csv", text);
        sur_dataset data = read_ok(&options, NULL, 0);
        memcpy(sums[k], data.checksum, sizeof sums[k]);
        sur_dataset_free(&data);
    }
    CHECK(strlen(sums[0]) == 64 && strcmp(sums[0], sums[1]) != 0);
    CHECK(strcmp(sums[0], sums[2]) != 0 && strcmp(sums[0], sums[3]) != 0);
    CHECK_TEXT(sums[4],
               sums[0]); /* the name of the file and of the target say nothing */
}

static sur_status read_and_free(const sur_data_options *options)
{
    sur_dataset data;
    char note[200];
    const sur_status status = sur_data_read(&data, options, note, sizeof note, NULL);
    sur_dataset_free(&data);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    const char *text = "a,b,c,d,y\n1,u,5,6,p\n2,v,-999,8,q\n3,w,9,10,\n4,u,1,2,p\n";
    sur_data_options options = options_for(put_gz("train.csv.gz", text, strlen(text)));
    options.test_data = put_text("test.csv", "a,b,c,d,y\n5,w,1,1,q\n6,t,1,1,p\n");
    options.missing = "-999,NA";
    options.drop = "4";
    CHECK_EVERY_ALLOCATION(read_and_free(&options), 20, (void)0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_ends_and_delimiters_make_no_difference),
        cmocka_unit_test(a_file_of_many_windows_reads_as_its_rows),
        cmocka_unit_test(a_line_end_across_two_windows_is_one),
        cmocka_unit_test(standard_input_reads_as_the_file_does),
        cmocka_unit_test(names_come_from_a_header_if_there_is_one),
        cmocka_unit_test(quotes_hold_delimiters_quotes_and_line_ends),
        cmocka_unit_test(empty_cells_and_named_codes_are_missing),
        cmocka_unit_test(the_target_is_found_by_name_or_is_the_last),
        cmocka_unit_test(columns_are_chosen_by_name_number_and_range),
        cmocka_unit_test(columns_may_come_in_any_order),
        cmocka_unit_test(text_features_become_indicators),
        cmocka_unit_test(classes_are_text_or_at_most_twenty_whole_numbers),
        cmocka_unit_test(test_rows_may_come_from_a_second_file),
        cmocka_unit_test(the_checksum_tells_content_and_way_of_reading),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN_WITH_FILES(tests);
}
