-- cantil: revision 0165363ce649
-- parents:
-- message: sales and visits
-- created: 2026-11-22T22:19:34Z

-- upgrade sqlite

-- table category is new
CREATE TABLE category (
    id INTEGER PRIMARY KEY,
    parent_id INTEGER CONSTRAINT fk_category_parent_id REFERENCES category (id),
    name TEXT NOT NULL CONSTRAINT uq_category_name UNIQUE
);

-- table product is new
CREATE TABLE product (
    id INTEGER PRIMARY KEY,
    category_id INTEGER NOT NULL CONSTRAINT fk_product_category_id REFERENCES category (id),
    name VARCHAR(80) NOT NULL CONSTRAINT uq_product_name UNIQUE,
    price NUMERIC(10, 2) CONSTRAINT ck_product_price CHECK (price >= 0)
);

-- table tag is new
CREATE TABLE tag (
    name VARCHAR(20) NOT NULL,
    CONSTRAINT pk_tag PRIMARY KEY (name)
);

-- table customer is new
CREATE TABLE customer (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    country VARCHAR(2) NOT NULL,
    segment VARCHAR(7) NOT NULL CONSTRAINT ck_customer_segment CHECK (segment IN ('private', 'trade', 'school')),
    joined DATE NOT NULL
);

-- table sale is new
CREATE TABLE sale (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL CONSTRAINT fk_sale_customer_id REFERENCES customer (id),
    at TIMESTAMP NOT NULL,
    state VARCHAR(8) NOT NULL CONSTRAINT ck_sale_state CHECK (state IN ('open', 'paid', 'returned')),
    version INTEGER NOT NULL
);

-- table sale_line is new
CREATE TABLE sale_line (
    sale_id INTEGER NOT NULL CONSTRAINT fk_sale_line_sale_id REFERENCES sale (id) ON DELETE CASCADE,
    product_id INTEGER NOT NULL CONSTRAINT fk_sale_line_product_id REFERENCES product (id),
    quantity INTEGER NOT NULL CONSTRAINT ck_sale_line_quantity CHECK (quantity > 0),
    price NUMERIC(10, 2),
    CONSTRAINT pk_sale_line PRIMARY KEY (sale_id, product_id)
);

-- table product_tag is new
CREATE TABLE product_tag (
    product_id INTEGER NOT NULL,
    tag_name VARCHAR(20) NOT NULL,
    CONSTRAINT pk_product_tag PRIMARY KEY (product_id, tag_name),
    CONSTRAINT fk_product_tag_product_id FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE,
    CONSTRAINT fk_product_tag_tag_name FOREIGN KEY (tag_name) REFERENCES tag (name) ON DELETE CASCADE
);

-- index ix_category_parent_id is new
CREATE INDEX ix_category_parent_id ON category (parent_id);

-- index ix_product_category_id is new
CREATE INDEX ix_product_category_id ON product (category_id);

-- index ix_customer_country is new
CREATE INDEX ix_customer_country ON customer (country);

-- index ix_sale_customer_id is new
CREATE INDEX ix_sale_customer_id ON sale (customer_id);

-- index ix_sale_at is new
CREATE INDEX ix_sale_at ON sale (at);

-- index ix_sale_line_product_id is new
CREATE INDEX ix_sale_line_product_id ON sale_line (product_id);

-- index ix_product_tag_tag_name is new
CREATE INDEX ix_product_tag_tag_name ON product_tag (tag_name);

-- view revenue is new
CREATE VIEW revenue AS
SELECT s.id AS sale_id, s.customer_id, date(s.at) AS day, sum(l.quantity * l.price) AS amount
FROM sale s JOIN sale_line l ON l.sale_id = s.id WHERE s.state <> 'returned' GROUP BY s.id;

-- downgrade sqlite
-- warning: rows are lost: table category
-- warning: rows are lost: table product
-- warning: rows are lost: table tag
-- warning: rows are lost: table customer
-- warning: rows are lost: table sale
-- warning: rows are lost: table sale_line
-- warning: rows are lost: table product_tag

-- view revenue goes
DROP VIEW "revenue";

-- table category goes
DROP TABLE "category";

-- table product goes
DROP TABLE "product";

-- table tag goes
DROP TABLE "tag";

-- table customer goes
DROP TABLE "customer";

-- table sale goes
DROP TABLE "sale";

-- table sale_line goes
DROP TABLE "sale_line";

-- table product_tag goes
DROP TABLE "product_tag";
