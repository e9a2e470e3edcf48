#include "csv_text.h"

static void damaged_text_is_refused_with_its_place(void **state)
{
    (void)state;
    check_text_refused("", SUR_EPARSE, "is empty");
    check_text_refused("\n \n", SUR_EPARSE, "holds no rows");
    check_text_refused("a,b,c\n", SUR_EPARSE, "holds no rows");
    check_text_refused("1,2,3\n4,5\n6,7,8\n", SUR_EPARSE,
                       "text.csv:2: 2 columns, not 3");
    check_text_refused("1,2,3\n4,5,6\n\n\"7\n7\",8,9\n1,2,3,4\n", SUR_EPARSE,
                       "text.csv:6: 4 columns, not 3");
    check_text_refused("1,2,3\n4,5,6\n\n\"7\n7\",8,9\n1,2,3\n", SUR_EPARSE,
                       "text.csv:4: \"7?7\" in column x1 is not a number");
    check_text_refused("1,2,3\n4,5,6\n7,8,9\n1,2\n", SUR_EPARSE,
                       ":4: 2 columns, not 3");
    check_text_refused("1,2,3\n4,5,6\n7,8,9\n1,2,3,\n", SUR_EPARSE,
                       ":4: 4 columns, not 3");
    check_text_refused("1,2\r\n3,4\r\n5,6\r\n\r\n7\r\n", SUR_EPARSE,
                       "text.csv:5: 1 columns");
    check_text_refused("1,2\r3,4\r5,6\r\r7\r", SUR_EPARSE, "text.csv:5: 1 columns");
    check_text_refused("1,2\n3,nan\n", SUR_EPARSE, "text.csv:2: column x2 is nan");
    check_text_refused("a,b\n1,2\n3,4\n-Inf,5\n", SUR_EPARSE,
                       "text.csv:4: column a is -Inf");
    check_text_refused("1,2\n3,1e999\n", SUR_EPARSE, "text.csv:2: column x2");
    check_text_refused("1,2\n3,4\n5,6\n7,8\n1e999,4\n", SUR_EPARSE,
                       "text.csv:5: column x1");
    check_text_refused("1,2\n\"3,4\n", SUR_EPARSE, "text.csv:2: a quote is not closed");
    check_text_refused("1,2\n\"3\"x,4\n", SUR_EPARSE, "text after a closing quote");
    check_text_refused("pt,y\n1,0\n2,0\n?,1\n", SUR_EPARSE,
                       "text.csv:4: \"?\" in column pt");
    check_text_refused("\xff\xfe"
                       "1,2\n",
                       SUR_EPARSE, "UTF-16");
    check_text_refused("a,y\n", SUR_EPARSE, "holds no rows");
    check_text_refused("1\n2\n", SUR_EINVAL, "no column is left");
    check_text_refused("x,y\n,1\n,2\n", SUR_EINVAL, "no column is left");
    check_text_refused("x,y\n1,\n2,\n", SUR_EPARSE, "target column, y, holds no value");
    sur_data_options options =
        options_for(put_bytes("text.csv", "1,2\n3,\0\n4,5\n", 12));
    check_refused(&options, SUR_EPARSE, "not a file of a known format", "text.csv");
    options.data = put_text("text.npz", "1,2\n3,4\n");
    check_refused(&options, SUR_EPARSE, "does not begin as an NPZ file", "text.npz");
    options.data = scratch("missing.csv");
    check_refused(&options, SUR_EIO, "missing.csv: No such file", "missing.csv");
    options.data = "/tmp";
    check_refused(&options, SUR_EIO, "folder", "/tmp");
    options.data = NULL;
    check_refused(&options, SUR_EINVAL, "--data", "");
}

static void a_zero_byte_far_inside_is_refused(void **state)
{
    (void)state;
    char *text = make_text(3000, 4, ",", "\n", false);
    const size_t length = strlen(text);
    *strchr(text + 150000, '\n') = '\0';
    const sur_data_options options = options_for(put_bytes("zero.csv", text, length));
    check_refused(&options, SUR_EPARSE, "zero byte", "zero.csv:");
    free(text);
}

static void text_columns_that_are_no_feature_are_refused_by_name(void **state)
{
    (void)state;
    char text[4000], *to = text + sprintf(text, "when,x,y\n");
    for (int k = 0; k < 33; k++) to += sprintf(to, "day %d,%d,%d\n", k, k * k, k % 2);
    check_text_refused(text, SUR_EINVAL, "--drop \"when\"");
    sur_data_options options = options_for(scratch("text.csv"));
    options.drop = "when";
    sur_dataset data = read_ok(&options, NULL, 0);
    CHECK(data.cols == 1 && data.rows == 33);
    sur_dataset_free(&data);
    options.drop = NULL;
    options.target = "when";
    data = read_ok(&options, NULL, 0);
    CHECK(data.classes == 33 && data.cols == 2);
    sur_dataset_free(&data);
    options.task = SUR_REGRESSION;
    check_refused(&options, SUR_EINVAL, "is text", "when");
}

static void columns_that_do_not_exist_are_refused_with_the_nearest(void **state)
{
    (void)state;
    sur_data_options options =
        options_for(put_text("w.csv", "mass,label,call,call\n1,0,1,1\n2,1,1,2\n"));
    options.target = "lable";
    check_refused(&options, SUR_EINVAL, "\"lable\"", "did you mean \"label\"");
    options.target = "7";
    check_refused(&options, SUR_EINVAL, "no column \"7\"", "among its 4");
    options.target = "call";
    check_refused(&options, SUR_EINVAL, "2 columns are called \"call\"", "--target");
    options.target = NULL;
    options.columns = "mass,2-9";
    check_refused(&options, SUR_EINVAL, "--columns", "2-9");
    options.columns = "0";
    check_refused(&options, SUR_EINVAL, "--columns", "\"0\"");
    options.columns = NULL;
    options.weight = "mas";
    check_refused(&options, SUR_EINVAL, "--weight", "did you mean \"mass\"");
    options.weight = NULL;
    options.target = "mass";
    options.drop = "1";
    check_refused(&options, SUR_EINVAL, "--drop leaves out the target", "mass");
    options.drop = "2-4";
    check_refused(&options, SUR_EINVAL, "no column is left", "mass");
}

static void a_line_without_end_is_refused_in_bounded_memory(void **state)
{
    (void)state;
    const size_t size = (65u << 20) + 10;
    char *text = malloc(size);
    memset(text, 'a', size);
    memcpy(text, "1,2\n3,4\n", 8);
    const sur_data_options options = options_for(put_bytes("endless.csv", text, size));
    check_refused(&options, SUR_EPARSE, "endless.csv:3", "longer than 64 MB");
    unlink(options.data);
    free(text);
}

static void damaged_gzip_is_refused(void **state)
{
    (void)state;
    char *text = make_text(200, 4, ",", "\n", true);
    size_t size;
    char *path = put_gz("d.csv.gz", text, strlen(text));
    unsigned char *bytes = get_bytes(path, &size);
    sur_data_options options = options_for(put_bytes("cut.csv.gz", bytes, size - 9));
    check_refused(&options, SUR_EPARSE, "end too early", "cut.csv.gz");
    bytes[size / 2] ^= 0x55;
    options.data = put_bytes("flip.csv.gz", bytes, size);
    check_refused(&options, SUR_EPARSE, "flip.csv.gz", "");
    bytes[size / 2] ^= 0x55;
    memset(bytes + size - 1, 'x', 1);
    options.data = put_bytes("crc.csv.gz", bytes, size);
    check_refused(&options, SUR_EPARSE, "damaged gzip data", "crc.csv.gz");
    free(bytes);
    free(text);
}

/* 300 MB of zeros in 300 kB: the stated limit of expansion is 200. */
static void a_gzip_bomb_is_refused(void **state)
{
    (void)state;
    static char zeros[1 << 20];
    char *path = scratch("bomb.csv.gz");
    gzFile file = gzopen(path, "wb9");
    memset(zeros, '0', sizeof zeros);
    for (int i = 0; i < 80; i++) {
        gzwrite(file, zeros, sizeof zeros - 4);
        gzwrite(file, ",1\n", 3);
    }
    gzclose(file);
    const sur_data_options options = options_for(path);
    check_refused(&options, SUR_EPARSE, "unpacks to more than 200 times",
                  "bomb.csv.gz");
}

static void every_beginning_of_a_file_is_read_or_refused(void **state)
{
    (void)state;
    const char *text = "\xef\xbb\xbf"
                       "a,\"b\"\"c\",d,y\r\n1.5e3,x,,0\r\n-999,\"z,\nw\",3,1\r\n"
                       "7,x,inf,1\r\n";
    for (size_t n = 0; n <= strlen(text); n++) {
        for (int codes = 0; codes < 2; codes++) {
            sur_data_options options = options_for(put_bytes("cut.csv", text, n));
            options.missing = codes ? "-999,inf" : NULL;
            sur_dataset data;
            sur_error err;
            if (sur_data_read(&data, &options, NULL, 0, &err) == SUR_OK)
                check_whole(&data);
            sur_dataset_free(&data);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_text_is_refused_with_its_place),
        cmocka_unit_test(a_zero_byte_far_inside_is_refused),
        cmocka_unit_test(text_columns_that_are_no_feature_are_refused_by_name),
        cmocka_unit_test(columns_that_do_not_exist_are_refused_with_the_nearest),
        cmocka_unit_test(a_line_without_end_is_refused_in_bounded_memory),
        cmocka_unit_test(damaged_gzip_is_refused),
        cmocka_unit_test(a_gzip_bomb_is_refused),
        cmocka_unit_test(every_beginning_of_a_file_is_read_or_refused),
    };
    return RUN_WITH_FILES(tests);
}
